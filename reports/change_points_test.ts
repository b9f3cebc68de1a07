import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { CounterRandom } from "../core/counter_random.ts";
import { changePoints } from "./change_points.ts";

const options = { alpha: 0.001, seed: "test" };

/** Returns a series near 3 s that varies by 1.5 %, each value multiplied by `level`. */
function series(count: number, level: (at: number) => number, seed = "series"): number[] {
  const random = new CounterRandom(seed);
  return Array.from(
    { length: count },
    (_, at) => 3 * level(at) * Math.exp(0.015 * random.normal()),
  );
}

Deno.test("changePoints() finds a change, up and down, with its place and size", () => {
  for (const ratio of [1.1, 1 / 1.1]) {
    const [found, ...others] = changePoints(series(60, (at) => at < 40 ? 1 : ratio), options);
    equal(others, []);
    ok(Math.abs(found!.at - 40) <= 1, `at ${found!.at}`);
    ok(Math.abs(found!.ratio - ratio) < 0.015, `ratio ${found!.ratio}`);
    ok(found!.pValue <= options.alpha);
  }
});

Deno.test("changePoints() finds several changes in their order", () => {
  const level = (at: number): number => at < 30 ? 1 : at < 60 ? 1.1 : at < 90 ? 2 : 1.9;
  const found = changePoints(series(120, level), options);
  equal(found.map(({ at }) => Math.round(at / 30)), [1, 2, 3]);
  ok(Math.abs(found[1]!.ratio - 2 / 1.1) < 0.03);
});

Deno.test("changePoints() finds a temporary slowdown with the same level before and after it", () => {
  const found = changePoints(series(60, (at) => at >= 18 && at < 41 ? 1.12 : 1), options);
  equal(found.map(({ at }) => at), [18, 41]);
  ok(Math.abs(found[0]!.ratio - 1.12) < 0.02 && Math.abs(found[1]!.ratio - 1 / 1.12) < 0.02);
});

Deno.test("changePoints() finds changes in noise about as often as alpha", () => {
  let found = 0;
  for (let at = 0; at < 400; at++) {
    const { length } = changePoints(series(30, () => 1, `noise ${at}`), {
      alpha: 0.05,
      seed: `${at}`,
    });
    if (length > 0) found++;
  }
  // Of 400, 20 are expected; three deviations are 13.
  ok(found <= 33 && found >= 7, `${found} of 400`);
});

Deno.test("changePoints() finds slow drift", () => {
  const found = changePoints(series(60, (at) => 1.005 ** Math.max(0, at - 40)), options);
  ok(found.some(({ at, ratio }) => at >= 40 && ratio > 1.03), JSON.stringify(found));
});

Deno.test("changePoints() reports neither one outlier nor two as a change", () => {
  for (const wild of [[20], [29], [28, 29], [10, 20]]) {
    equal(changePoints(series(30, (at) => wild.includes(at) ? 1.6 : 1), options), []);
  }
});

Deno.test("changePoints() finds a change in spite of an outlier", () => {
  const found = changePoints(series(40, (at) => at === 33 ? 5 : at < 30 ? 1 : 1.1), options);
  equal(found.length, 1);
  ok(Math.abs(found[0]!.at - 30) <= 1 && Math.abs(found[0]!.ratio - 1.1) < 0.02);
});

Deno.test("changePoints() finds the change of constant values, and none without a change", () => {
  equal(changePoints(new Array<number>(20).fill(2), options), []);
  const values = Array.from({ length: 20 }, (_, at) => at < 15 ? 2 : 2.2);
  const [found] = changePoints(values, options);
  equal(found?.at, 15);
  ok(Math.abs(found.ratio - 1.1) < 1e-12);
});

Deno.test("changePoints() finds nothing in fewer values than two stretches", () => {
  equal(changePoints([], options), []);
  equal(changePoints([1, 1, 9, 9, 9], options), []);
});

Deno.test("changePoints() depends on values and seed only", () => {
  const values = series(60, (at) => at < 40 ? 1 : 1.06);
  equal(changePoints(values, options), changePoints(values, options));
});
