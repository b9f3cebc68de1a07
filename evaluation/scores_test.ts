import { deepStrictEqual as equal } from "node:assert/strict";
import type { Annotation } from "./annotation.ts";
import { everyMeasure, meanScores, scoresOf } from "./scores.ts";

const beats = Array.from({ length: 41 }, (_, at) => at / 2);
const TRUTH: Annotation = {
  beats,
  downbeats: beats.filter((_, at) => at % 4 === 0),
  segments: [{ start: 0, end: 12, label: "verse" }, { start: 12, end: 20, label: "chorus" }],
  bpm: 120,
};

Deno.test("scoresOf() is 1 for all measures if the estimate equals the truth", () => {
  equal(scoresOf(TRUTH, TRUTH), everyMeasure(() => 1));
});

Deno.test("scoresOf() computes each measure independently", () => {
  const doubled = { ...TRUTH, beats: Array.from({ length: 81 }, (_, at) => at / 4), bpm: 240 };
  const { beat_f, cmlt, amlt, downbeat_f, tempo_accuracy_1, tempo_accuracy_2 } = scoresOf(
    TRUTH,
    doubled,
  );
  equal([Number(beat_f?.toFixed(2)), cmlt, amlt], [0.67, 0, 1]);
  equal([downbeat_f, tempo_accuracy_1, tempo_accuracy_2], [1, 0, 1]);
  const [first, second] = TRUTH.segments!;
  const late = { ...TRUTH, segments: [{ ...first!, end: 14 }, { ...second!, start: 14 }] };
  const { boundary_f_0_5, boundary_f_3, ...others } = scoresOf(TRUTH, late);
  equal([boundary_f_0_5, boundary_f_3, others.beat_f], [2 / 3, 1, 1]);
});

Deno.test("scoresOf() is null for parts missing from the truth, and counts parts missing from the estimate as wrong", () => {
  const nothing = { beats: [], downbeats: null, segments: null, bpm: null };
  equal(scoresOf(nothing, TRUTH), everyMeasure(() => null));
  equal(scoresOf({ ...TRUTH, beats: beats.slice(0, 10) }, TRUTH).beat_f, null);
  const { boundary_f_3, pairwise_f, ...zero } = scoresOf(TRUTH, nothing);
  equal(Object.values(zero).filter((score) => score !== 0), [0.8]);
  equal([boundary_f_3, pairwise_f !== null && pairwise_f < 1], [0.8, true]);
});

Deno.test("scoresOf() uses the tempo of the median interval if the truth states none", () => {
  const estimate = { ...TRUTH, bpm: 121 };
  equal(scoresOf({ ...TRUTH, bpm: null }, estimate).tempo_accuracy_1, 1);
  equal(scoresOf({ ...TRUTH, bpm: null, beats: [6] }, estimate).tempo_accuracy_1, null);
});

Deno.test("meanScores() averages over the tracks that have a measure", () => {
  const one = everyMeasure(() => 1);
  const none = everyMeasure(() => null);
  equal(meanScores([one, { ...none, beat_f: 0.5 }]), { ...one, beat_f: 0.75 });
  equal(meanScores([]), none);
});
