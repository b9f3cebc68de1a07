import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { Annotation } from "./annotation.ts";
import { isSame, resultDifferences } from "./result_differences.ts";

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

Deno.test("resultDifferences() finds none between a result and itself", () => {
  const differences = resultDifferences(RESULT, RESULT);
  ok(isSame(differences));
  equal(differences.downbeatPhase, { beats: 0, share: 1 });
  equal(differences.sameLabel, 1);
  equal([differences.scores.beat_f, differences.scores.pairwise_f], [1, 1]);
});

Deno.test("resultDifferences() tells by how many beats the bars are off", () => {
  const differences = resultDifferences(RESULT, { ...RESULT, downbeats: every(BEATS, 3) });
  ok(!isSame(differences));
  equal(differences.downbeatPhase, { beats: 3, share: 1 });
  equal(differences.downbeats?.same, 0);
  equal(differences.beats.same, 40);
});

Deno.test("resultDifferences() sees each single change", () => {
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

Deno.test("resultDifferences() gives the share of the time with one label", () => {
  const segments = [
    { start: 0, end: 13, label: "verse" },
    { start: 13, end: 20, label: "chorus" },
  ];
  equal(resultDifferences(RESULT, { ...RESULT, segments }).sameLabel, 0.75);
});

Deno.test("resultDifferences() compares what both tell", () => {
  const bare: Annotation = { beats: BEATS, downbeats: null, segments: null, bpm: 120 };
  const differences = resultDifferences(RESULT, bare);
  equal([differences.downbeats, differences.downbeatPhase], [null, null]);
  equal([differences.boundaries, differences.sameLabel], [null, null]);
  ok(isSame(differences));
});
