/** Tests the splitting of FLAC. */

import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { flacRuns } from "./flac_runs.ts";

const FORMATS = join(import.meta.dirname!, "../../fixtures/audio/formats");

/** Returns the first byte behind the blocks of metadata. */
function framesAt(file: Uint8Array): number {
  let at = 4;
  for (let last = false; !last;) {
    last = file[at]! >= 0x80;
    at += 4 + (file[at + 1]! << 16 | file[at + 2]! << 8 | file[at + 3]!);
  }
  return at;
}

Deno.test("flacRuns() makes a file of each run of frames of the same width", async () => {
  const [narrow, wide] = await Promise.all(
    ["flac_16.flac", "flac_24.flac"].map((name) => Deno.readFile(join(FORMATS, name))),
  );
  const frames = [narrow!, wide!].map((file) => file.subarray(framesAt(file)));
  const joined = Uint8Array.from([...narrow!, ...frames[1]!, ...frames[0]!]);
  const runs = flacRuns(joined);
  equal(runs.length, 3);
  equal(runs.map((run) => run.subarray(framesAt(run))), [frames[0], frames[1], frames[0]]);
  // Bits a sample, less one, in the stream information.
  const widths = runs.map((run) => ((run[20]! & 1) << 4 | run[21]! >> 4) + 1);
  equal(widths, [16, 24, 16]);
  equal(runs[1]!.subarray(8, 12), wide!.subarray(8, 12));
});

Deno.test("flacRuns() returns nothing where the width does not change, or there is damage", async () => {
  const file = await Deno.readFile(join(FORMATS, "flac_16.flac"));
  equal(flacRuns(file), []);
  file[file.length - 1]! ^= 1;
  equal(flacRuns(file), []);
  equal(flacRuns(new Uint8Array(100)), []);
});
