import { deepStrictEqual as equal } from "node:assert/strict";
import { median, quantile, weightedMedian } from "./order_statistics.ts";

Deno.test("quantile() is linear between values, as numpy's", () => {
  equal([0, 0.5, 0.95, 1].map((share) => quantile([4, 1, 3, 2], share)), [
    1,
    2.5,
    3.8499999999999996,
    4,
  ]);
  equal(quantile([], 0.5), NaN);
  equal(quantile([7], 0.95), 7);
});

Deno.test("median() is the mean of the two middle values", () => {
  equal([median([3, 1, 2]), median([4, 1, 3, 2])], [2, 2.5]);
});

Deno.test("weightedMedian() reaches half of the weights", () => {
  const of = (...pairs: [number, number][]): number =>
    weightedMedian(pairs.map(([value, weight]) => ({ value, weight })));
  equal(of([100, 48], [132, 54]), 132);
  equal(of([132, 40], [100, 60]), 100);
  equal(of(), NaN);
});
