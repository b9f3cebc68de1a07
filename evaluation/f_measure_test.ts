import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { eventFMeasure, fMeasure } from "./f_measure.ts";

Deno.test("fMeasure() is 0 where nothing is right, and NaN where a part is undefined", () => {
  equal(fMeasure(0, 0), { precision: 0, recall: 0, f: 0 });
  equal(fMeasure(1, 0.5).f, 2 / 3);
  ok(Number.isNaN(fMeasure(NaN, 0).f));
});

Deno.test("eventFMeasure() divides by the estimates for precision, by the references for recall", () => {
  equal(eventFMeasure([1, 2, 3, 4], [1, 2.2], 0.1), {
    precision: 0.5,
    recall: 0.25,
    f: 2 * 0.5 * 0.25 / 0.75,
  });
  equal(eventFMeasure([], [], 0.1).f, 0);
});
