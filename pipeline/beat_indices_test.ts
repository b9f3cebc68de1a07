import { deepStrictEqual as equal } from "node:assert/strict";
import { indexBeats } from "./beat_indices.ts";

const STEADY = Array.from({ length: 30 }, (_, beat) => 1 + beat * 0.5);

Deno.test("indexBeats() counts steady beats", () => {
  equal(indexBeats(STEADY), STEADY.map((_, at) => at));
  equal(indexBeats([]), []);
  equal(indexBeats([3]), [0]);
});

Deno.test("indexBeats() leaves numbers out for missing beats", () => {
  const beats = STEADY.filter((_, at) => ![4, 10, 11, 12].includes(at));
  equal(indexBeats(beats), STEADY.map((_, at) => at).filter((at) => ![4, 10, 11, 12].includes(at)));
});

Deno.test("indexBeats() gives added beats no number", () => {
  const beats = [...STEADY.slice(0, 9), STEADY[8]! + 0.24, ...STEADY.slice(9)];
  equal(indexBeats(beats).slice(7, 12), [7, 8, null, 9, 10]);
});

Deno.test("indexBeats() counts every other beat of a part of double tempo", () => {
  const beats = STEADY.flatMap((beat, at) => at >= 10 && at < 14 ? [beat, beat + 0.25] : [beat]);
  const indices = indexBeats(beats);
  equal(indices.filter((index) => index !== null), STEADY.map((_, at) => at));
});

Deno.test("indexBeats() goes on after a jump in time", () => {
  const beats = STEADY.map((beat, at) => at < 15 ? beat : beat + 0.2);
  const indices = indexBeats(beats);
  equal(indices.slice(0, 15), STEADY.slice(0, 15).map((_, at) => at));
  equal(indices.slice(15, 19), [null, null, null, null]);
  equal(indices.slice(19).every((index, at) => index === indices[19]! + at), true);
});
