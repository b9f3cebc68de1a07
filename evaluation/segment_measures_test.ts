import { deepStrictEqual as equal, throws } from "node:assert/strict";
import {
  adjustedSegments,
  casesOf,
  type Figure,
  sameFigures,
  type StoredSegment,
} from "../fixtures/evaluation_cases.ts";
import type { Segment } from "../pipeline/result.ts";
import { boundaryFMeasure, pairwiseFMeasure, spanning } from "./segment_measures.ts";

function checkBoundaries(
  stored: { reference: readonly StoredSegment[]; estimate: readonly StoredSegment[] },
  window: "0.5" | "3.0",
  expected: readonly Figure[],
  message: string,
): void {
  const { reference, estimate } = adjustedSegments(stored);
  const { precision, recall, f } = boundaryFMeasure(reference, estimate, Number(window));
  sameFigures([precision, recall, f], expected, `${message}, ${window} s`);
}

Deno.test("boundaryFMeasure() of adjusted segments equals mir_eval's", () => {
  for (const one of casesOf("segments")) {
    for (const window of ["0.5", "3.0"] as const) {
      checkBoundaries(one, window, one.boundaries[window], one.name);
    }
  }
});

Deno.test("the comparison with mir_eval detects a damaged case of boundaries", () => {
  const stored = casesOf("segments").find(({ name }) => name === "late by 0.4 s")!;
  const estimate = stored.estimate.map(([start, end, label], at): StoredSegment =>
    at === 2 ? [start, end + 0.2, label] : [start, end, label]
  ).filter((_, at) => at !== 3);
  throws(() =>
    checkBoundaries({ ...stored, estimate }, "0.5", stored.boundaries["0.5"], "damaged")
  );
  throws(() =>
    checkBoundaries(stored, "0.5", casesOf("segments")[4]!.boundaries["0.5"], "another")
  );
});

function checkLabels(
  stored: { reference: readonly StoredSegment[]; estimate: readonly StoredSegment[] },
  expected: readonly Figure[],
  message: string,
): void {
  const { reference, estimate } = adjustedSegments(stored);
  const { precision, recall, f } = pairwiseFMeasure(reference, estimate);
  sameFigures([precision, recall, f], expected, message);
}

Deno.test("pairwiseFMeasure() of adjusted segments equals mir_eval's", () => {
  for (const one of casesOf("segments")) checkLabels(one, one.pairwise, one.name);
});

Deno.test("the comparison with mir_eval detects a damaged case of labels", () => {
  const stored = casesOf("segments").find(({ name }) => name === "perfect")!;
  const relabel = (at: number, label: string): StoredSegment[] =>
    stored.estimate.map((one, i) => i === at ? [one[0], one[1], label] : one);
  throws(() =>
    checkLabels({ ...stored, estimate: relabel(1, "bridge") }, stored.pairwise, "damaged")
  );
  throws(() =>
    checkLabels({ ...stored, estimate: relabel(5, "verse") }, stored.pairwise, "damaged")
  );
});

Deno.test("pairwiseFMeasure() of no segments is 0", () => {
  equal(pairwiseFMeasure([], [{ start: 0, end: 1, label: "a" }]).f, 0);
});

const segment = (start: number, end: number, label: string): Segment => ({ start, end, label });

Deno.test("spanning() fills both ends and crops", () => {
  const segments = [segment(2, 4, "a"), segment(4, 9, "b")];
  equal(spanning(segments, 10), [
    segment(0, 2, "__T_MIN"),
    ...segments,
    segment(9, 10, "__T_MAX"),
  ]);
  equal(spanning(segments, 5), [segment(0, 2, "__T_MIN"), segment(2, 4, "a"), segment(4, 5, "b")]);
  equal(spanning(segments), [segment(0, 2, "__T_MIN"), ...segments]);
});

Deno.test("spanning() returns one segment if there are none or all lie outside", () => {
  equal(spanning([], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([segment(10, 12, "a")], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([segment(11, 12, "a")], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([]), []);
});

Deno.test("spanning() drops a segment that starts where the truth ends, which mir_eval rejects", () => {
  equal(spanning([segment(0, 10, "a"), segment(10, 12, "b")], 10), [segment(0, 10, "a")]);
});
