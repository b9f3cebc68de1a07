import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { hash32 } from "../core/counter_random.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { AnnotationError } from "./annotation.ts";
import { readAnnotation } from "./read_annotation.ts";

const TRUTH = join(fixturesDirectory, "audio", "three_four", "truth.json");
const JAMS = JSON.stringify({
  annotations: [
    { namespace: "beat", data: [{ time: 0.5, duration: 0, value: 1, confidence: null }] },
    { namespace: "segment_open", data: [{ time: 0, duration: 9, value: "a", confidence: 1 }] },
    { namespace: "tempo", data: [{ time: 0, duration: 9, value: 99, confidence: 1 }] },
  ],
});

Deno.test("readAnnotation() reads truth.json as it is made for our own pieces", async () => {
  const { beats, downbeats, segments, bpm } = await readAnnotation(TRUTH);
  equal([beats.length, downbeats?.length, segments?.length, bpm], [43, 14, 3, 138]);
});

Deno.test("readAnnotation() names the file that is missing, no text, no JSON, or not what it should be", async () => {
  await inTemporaryFolder(async (folder) => {
    const cases: [string, string | Uint8Array, RegExp][] = [
      ["empty.json", "", /Cannot use .*empty\.json: not JSON/],
      ["nan.json", '{"beats": [NaN]}', /nan\.json: not JSON/],
      ["audio.json", Uint8Array.of(0xff, 0xfe, 0), /audio\.json: not JSON/],
      ["list.json", "[]", /Cannot use .*list\.json: expected an object with beats/],
      ["infinite.json", '{"beats": [1e999]}', /infinite\.json: beats\[0\] should be a time/],
      ["song.jams", '{"beats": [1]}', /song\.jams: annotations should be an array/],
    ];
    for (const [name, content, message] of cases) {
      const path = join(folder, name);
      await Deno.writeFile(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      await rejects(readAnnotation(path), { name: AnnotationError.name, message });
    }
    await rejects(readAnnotation(join(folder, "missing.json")), /Cannot read .*missing\.json/);
    await rejects(readAnnotation(folder), /Cannot read/);
  });
});

/** Another byte, a few bytes less, or a few bytes twice. */
function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = (at: number, below: number): number => hash32(16 * seed + at) % below;
  const place = draw(0, bytes.length);
  const changed = bytes.slice();
  if (draw(1, 3) === 0) {
    changed[place] = 32 + draw(2, 96);
    return changed;
  }
  const end = Math.min(bytes.length, place + 1 + draw(2, 9));
  const [from, to] = draw(3, 2) === 0 ? [end, place] : [place, end];
  return Uint8Array.from([...bytes.subarray(0, to), ...bytes.subarray(from)]);
}

Deno.test("readAnnotation() answers files with mutations, or says what is wrong with them", async () => {
  await inTemporaryFolder(async (folder) => {
    const encoder = new TextEncoder();
    let refused = 0;
    for (
      const [ending, whole] of [["json", await Deno.readFile(TRUTH)], [
        "jams",
        encoder.encode(JAMS),
      ]] as const
    ) {
      const path = join(folder, `song.${ending}`);
      for (let seed = 0; seed < 300; seed++) {
        await Deno.writeFile(path, mutated(whole, seed));
        await readAnnotation(path).then(
          ({ beats }) => ok(beats.every((time, at) => !(time < (beats[at - 1] ?? -Infinity)))),
          (error) => {
            ok(error instanceof AnnotationError && error.message.includes(path), String(error));
            refused++;
          },
        );
      }
    }
    ok(refused > 100 && refused < 600, `${refused} were refused`);
  });
});
