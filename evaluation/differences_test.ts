import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { Annotation } from "./annotation.ts";
import { matchCount } from "./beat_measures.ts";
import { eventDifferences, isSame, resultDifferences } from "./differences.ts";

Deno.test("eventDifferences() finds equal, moved, missing and inserted events", () => {
  equal(eventDifferences([1, 2, 3, 4], [1, 2.05, 3.5, 4], 0.07), {
    same: 2,
    moved: [{ expected: 2, actual: 2.05 }],
    missing: [3],
    inserted: [3.5],
  });
});

Deno.test("eventDifferences() accepts empty sequences", () => {
  equal(eventDifferences([], [], 0.07), { same: 0, moved: [], missing: [], inserted: [] });
  equal(eventDifferences([1], [], 0.07).missing, [1]);
  equal(eventDifferences([], [1], 0.07).inserted, [1]);
});

Deno.test("eventDifferences() pairs as many events as mir_eval's matching", () => {
  let state = 1;
  const random = (): number => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  for (let trial = 0; trial < 300; trial++) {
    const times = (): number[] =>
      Array.from({ length: Math.floor(30 * random()) }, () => random()).sort((a, b) => a - b);
    const [expected, actual] = [times(), times()];
    const { same, moved, missing, inserted } = eventDifferences(expected, actual, 0.05);
    const pairs = same + moved.length;
    equal(pairs, matchCount(expected, actual, 0.05));
    equal([pairs + missing.length, pairs + inserted.length], [expected.length, actual.length]);
  }
});

const BEATS = Array.from({ length: 40 }, (_, beat) => beat / 2);

function every(beats: readonly number[], from: number): number[] {
  return beats.filter((_, beat) => beat % 4 === from);
}

const RESULT: Annotation = {
  beats: BEATS,
  downbeats: every(BEATS, 0),
  segments: [
    { start: 0, end: 8, label: "verse" },
    { start: 8, end: 20, label: "chorus" },
  ],
  bpm: 120,
};

Deno.test("resultDifferences() finds no difference between a result and itself", () => {
  const differences = resultDifferences(RESULT, RESULT);
  ok(isSame(differences));
  equal(differences.downbeatPhase, { beats: 0, share: 1 });
  equal(differences.sameLabel, 1);
  equal([differences.scores.beat_f, differences.scores.pairwise_f], [1, 1]);
});

Deno.test("resultDifferences() counts the beats by which the bars are shifted", () => {
  const differences = resultDifferences(RESULT, { ...RESULT, downbeats: every(BEATS, 3) });
  ok(!isSame(differences));
  equal(differences.downbeatPhase, { beats: 3, share: 1 });
  equal(differences.downbeats?.same, 0);
  equal(differences.beats.same, 40);
});

Deno.test("resultDifferences() detects each single change", () => {
  const changes: Partial<Annotation>[] = [
    { bpm: 119 },
    { bpm: null },
    { beats: BEATS.slice(1) },
    { beats: [...BEATS, 20] },
    { beats: BEATS.map((time, beat) => beat === 7 ? time + 0.01 : time) },
    { downbeats: [] },
    { segments: [{ start: 0, end: 20, label: "verse" }] },
    { segments: RESULT.segments!.map((segment) => ({ ...segment, label: "verse" })) },
  ];
  for (const change of changes) {
    ok(!isSame(resultDifferences(RESULT, { ...RESULT, ...change })), JSON.stringify(change));
    ok(!isSame(resultDifferences({ ...RESULT, ...change }, RESULT)), JSON.stringify(change));
  }
});

Deno.test("resultDifferences() computes the share of the time with equal labels", () => {
  const segments = [
    { start: 0, end: 13, label: "verse" },
    { start: 13, end: 20, label: "chorus" },
  ];
  equal(resultDifferences(RESULT, { ...RESULT, segments }).sameLabel, 0.75);
});

Deno.test("resultDifferences() compares only what both results have", () => {
  const bare: Annotation = { beats: BEATS, downbeats: null, segments: null, bpm: 120 };
  const differences = resultDifferences(RESULT, bare);
  equal([differences.downbeats, differences.downbeatPhase], [null, null]);
  equal([differences.boundaries, differences.sameLabel], [null, null]);
  ok(isSame(differences));
});

Deno.test("resultDifferences() compares the positions of paired beats, also behind missing and inserted ones", () => {
  const result = { beats: [0, 1, 2, 3], downbeats: null, segments: null, bpm: null };
  const of = (beats: number[], positions: number[]): ReturnType<typeof resultDifferences> =>
    resultDifferences({ ...result, positions: [1, 2, 3, 1] }, { ...result, beats, positions });
  equal(of([0, 1, 2, 3], [1, 2, 3, 1]).positions, { same: 4, different: [] });
  // The second beat is missing, one is inserted at 2.5 s, and the third has another position.
  const changed = of([0.01, 2, 2.5, 3], [1, 4, 2, 1]);
  equal(changed.positions, { same: 2, different: [{ time: 2, expected: 3, actual: 4 }] });
  ok(!isSame(of([0, 1, 2, 3], [1, 2, 3, 4])) && isSame(of([0, 1, 2, 3], [1, 2, 3, 1])));
  equal(resultDifferences(result, { ...result, positions: [1, 2, 3, 1] }).positions, null);
});
