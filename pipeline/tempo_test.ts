import { deepStrictEqual as equal } from "node:assert/strict";
import { edgeCaseList } from "../fixtures/edge_cases.ts";
import { tempo } from "./tempo.ts";

interface TempoCase {
  readonly name: string;
  readonly beats: readonly number[];
  readonly bpm?: number | null;
}

for (const { name, beats, bpm } of await edgeCaseList<TempoCase>("tempo.json")) {
  // Where upstream raises an error there is no tempo to compare with.
  if (bpm === undefined) continue;
  Deno.test(`tempo() equals upstream's on ${name}`, () => {
    equal(tempo(Float64Array.from(beats)), bpm);
  });
}

Deno.test("tempo() is null for fewer than two beats", () => {
  equal(tempo(new Float64Array()), null);
  equal(tempo(Float64Array.of(1)), null);
});

Deno.test("tempo() takes the most frequent tempo, not the mean or median", () => {
  equal(tempo(Float64Array.of(0, 0.5, 1, 1.5, 2.5, 3.25, 4)), 120);
});

Deno.test("tempo() rounds halves to even", () => {
  // 60 / 0.96 = 62.5.
  equal(tempo(Float64Array.of(0, 0.96)), 62);
});
