import { throws } from "node:assert/strict";
import {
  adjustedSegments,
  casesOf,
  type Figure,
  sameFigures,
  type StoredSegment,
} from "../fixtures/evaluation_cases.ts";
import { boundaryFMeasure } from "./boundary_f_measure.ts";

function check(
  stored: { reference: readonly StoredSegment[]; estimate: readonly StoredSegment[] },
  window: "0.5" | "3.0",
  expected: readonly Figure[],
  message: string,
): void {
  const { reference, estimate } = adjustedSegments(stored);
  const { precision, recall, f } = boundaryFMeasure(reference, estimate, Number(window));
  sameFigures([precision, recall, f], expected, `${message}, ${window} s`);
}

Deno.test("boundaryFMeasure() of adjusted segments is mir_eval's", () => {
  for (const one of casesOf("segments")) {
    for (const window of ["0.5", "3.0"] as const) {
      check(one, window, one.boundaries[window], one.name);
    }
  }
});

Deno.test("a damaged case of boundaries is seen", () => {
  const stored = casesOf("segments").find(({ name }) => name === "late by 0.4 s")!;
  const estimate = stored.estimate.map(([start, end, label], at): StoredSegment =>
    at === 2 ? [start, end + 0.2, label] : [start, end, label]
  ).filter((_, at) => at !== 3);
  throws(() => check({ ...stored, estimate }, "0.5", stored.boundaries["0.5"], "damaged"));
  throws(() => check(stored, "0.5", casesOf("segments")[4]!.boundaries["0.5"], "another"));
});
