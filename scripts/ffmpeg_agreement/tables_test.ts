/** Tests the tables of verdicts. */

import { deepStrictEqual as equal } from "node:assert/strict";
import type { FileResult } from "./compare_file.ts";
import { agreementTable, failureLines, verdictTable } from "./tables.ts";
import type { Verdict } from "./verdict.ts";

function result(container: string, codec: string, verdict: Verdict): FileResult {
  return { path: "a", container, codec, verdict, ours: "x", warnings: [], theirs: "y" };
}

const RESULTS = [
  result("wav", "pcm_s16le", "equal"),
  result("ogg", "vorbis", "warned"),
  result("wav", "pcm_s16le", "differs"),
  result("wav", "pcm_s16le", "equal"),
];

Deno.test("verdictTable() counts verdicts by container and codec, and leaves out unused verdicts", () => {
  equal(verdictTable(RESULTS), [
    ["container", "codec", "files", "equal", "warned", "differs"],
    ["ogg", "vorbis", "1", "", "1", ""],
    ["wav", "pcm_s16le", "3", "2", "", "1"],
    ["all", "", "4", "2", "1", "1"],
  ]);
});

Deno.test("failureLines() has the files whose audio is wrong without a warning", () => {
  equal(failureLines(RESULTS), ["a: wav pcm_s16le: differs; ours: x | ffmpeg: y"]);
});

Deno.test("agreementTable() merges codecs of a container that agree alike", () => {
  const file = (name: string, codec: string, verdict: Verdict, difference: number): FileResult => ({
    ...result("x", codec, verdict),
    path: `/matrix/${name}`,
    agreement: {
      offsetSamples: 0,
      extraSamples: 0,
      largestDifference: difference,
      relativeRms: difference,
    },
  });
  const refused = {
    ...result("x", "opus", "refused by name"),
    path: "/matrix/caf-libopus-mono.caf",
  };
  equal(
    agreementTable([
      file("caf-pcm_s8-mono.caf", "pcm_s8", "equal", 0),
      file("wav-pcm_u8-mono.wav", "pcm_u8", "equal", 0),
      file("wav-pcm_s16le-mono.wav", "pcm_s16le", "equal", 0),
      file("wav-libmp3lame-mono.wav", "mp3", "within tolerance", 2.4e-7),
      file("wav-libmp3lame-stereo.wav", "mp3", "as the reference", 1e-7),
      refused,
    ]),
    [
      ["container", "codecs", "read", "files", "largest difference", "offset, samples"],
      ["WAV", "pcm_s16le, pcm_u8", "by tactus", "2", "0", "0"],
      ["WAV", "mp3", "by tactus", "2", "2e-7", "0"],
      ["CAF", "pcm_s8", "by tactus", "1", "0", "0"],
      ["CAF", "opus", "refused by name", "1", "", ""],
    ],
  );
});
