import { deepStrictEqual as equal, throws } from "node:assert/strict";
import {
  adjustedSegments,
  casesOf,
  type Figure,
  sameFigures,
  type StoredSegment,
} from "../fixtures/evaluation_cases.ts";
import { pairwiseFMeasure } from "./pairwise_f_measure.ts";

function check(
  stored: { reference: readonly StoredSegment[]; estimate: readonly StoredSegment[] },
  expected: readonly Figure[],
  message: string,
): void {
  const { reference, estimate } = adjustedSegments(stored);
  const { precision, recall, f } = pairwiseFMeasure(reference, estimate);
  sameFigures([precision, recall, f], expected, message);
}

Deno.test("pairwiseFMeasure() of adjusted segments is mir_eval's", () => {
  for (const one of casesOf("segments")) check(one, one.pairwise, one.name);
});

Deno.test("a damaged case of labels is seen", () => {
  const stored = casesOf("segments").find(({ name }) => name === "perfect")!;
  const relabel = (at: number, label: string): StoredSegment[] =>
    stored.estimate.map((one, i) => i === at ? [one[0], one[1], label] : one);
  throws(() => check({ ...stored, estimate: relabel(1, "bridge") }, stored.pairwise, "damaged"));
  throws(() => check({ ...stored, estimate: relabel(5, "verse") }, stored.pairwise, "damaged"));
});

Deno.test("pairwiseFMeasure() of no segments is 0", () => {
  equal(pairwiseFMeasure([], [{ start: 0, end: 1, label: "a" }]).f, 0);
});
