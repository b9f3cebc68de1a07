import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { CounterRandom } from "../core/counter_random.ts";
import { bootstrapInterval, median, medianAbsoluteDeviation, outliers } from "./statistics.ts";

Deno.test("median() is the value in the middle", () => {
  equal(median([3, 1, 2]), 2);
  equal(median([4, 1, 3, 2]), 2.5);
  equal(median([]), NaN);
});

Deno.test("medianAbsoluteDeviation() is scaled to the standard deviation of normal values", () => {
  equal(medianAbsoluteDeviation([1, 2, 3, 4, 100]), 1.4826);
  equal(medianAbsoluteDeviation([5, 5]), 0);
  const random = new CounterRandom("deviation");
  const values = Array.from({ length: 10_001 }, () => 7 + 3 * random.normal());
  ok(Math.abs(medianAbsoluteDeviation(values) - 3) < 0.1);
});

Deno.test("bootstrapInterval() contains the true median about as often as its level", () => {
  const random = new CounterRandom("coverage");
  let held = 0;
  for (let seed = 0; seed < 300; seed++) {
    const values = Array.from({ length: 15 }, () => random.normal());
    const { low, high } = bootstrapInterval(values, { level: 0.95, resamples: 400, seed });
    if (low <= 0 && 0 <= high) held++;
  }
  // The level of the percentile interval of 15 values is only approximate; five deviations are 6 %.
  ok(Math.abs(held / 300 - 0.95) < 0.06, `${held} of 300`);
});

Deno.test("bootstrapInterval() is the same for a seed, narrower at a lower level, and around the median", () => {
  const values = [3, 1, 4, 1.5, 5, 9, 2.6, 5.3, 5.8, 9.7, 9.3];
  const options = { level: 0.95, resamples: 1000, seed: 1 };
  const wide = bootstrapInterval(values, options);
  equal(bootstrapInterval(values, options), wide);
  const narrow = bootstrapInterval(values, { ...options, level: 0.5 });
  ok(narrow.high - narrow.low < wide.high - wide.low);
  ok(narrow.low <= median(values) && median(values) <= narrow.high);
});

Deno.test("bootstrapInterval() of one value is that value, and NaN without values", () => {
  const options = { level: 0.9, resamples: 10, seed: 1 };
  equal(bootstrapInterval([2], options), { low: 2, high: 2 });
  equal(bootstrapInterval([], options), { low: NaN, high: NaN });
});

Deno.test("outliers() are the values beyond a modified z-score of 3.5, on both sides", () => {
  equal(outliers([10, 11, 9, 10.5, 9.5, 30, -10]), [5, 6]);
  // The deviation is 1.4826: 3.5 of them are 5.1891.
  equal(outliers([-2, -1, 0, 1, 2, 5.18]), []);
  equal(outliers([-2, -1, 0, 1, 2, 100]), [5]);
});

Deno.test("outliers() of values that are mostly equal are the few others", () => {
  equal(outliers([1, 1, 1, 1, 1, 1, 5]), [6]);
  equal(outliers([1, 1, 1]), []);
  equal(outliers([]), []);
});
