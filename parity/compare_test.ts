import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { type Tensor, tensor } from "../core/tensor.ts";
import { compare, Measurement } from "./compare.ts";
import type { Tolerance } from "./report.ts";

const MICRO = { absolute: 1e-6, relative: 1e-6 };
const EXACT = { absolute: 0, relative: 0 };

function f64(...values: number[]): Tensor<"f64"> {
  return tensor("f64", [values.length], Float64Array.from(values));
}

Deno.test("compare() passes elements within absolute plus relative tolerance", () => {
  // At 3 the bound is 1e-6 + 3e-6.
  ok(compare(f64(3 + 3.9e-6), f64(3), MICRO).passed);
  ok(!compare(f64(3 + 4.1e-6), f64(3), MICRO).passed);
  ok(!compare(f64(1.1e-6), f64(0), MICRO).passed);
});

Deno.test("compare() passes up to the allowed share of differing elements", () => {
  const one = { absolute: 1, relative: 0, differing: 0.5 };
  ok(compare(f64(1, 2, 3, 4), f64(1, 2, 4, 5), one).passed);
  const { passed, reason, differing } = compare(f64(1, 3, 3, 4), f64(1, 2, 4, 5), one);
  equal([passed, reason, differing], [false, "3 of 4 elements differ, more than 50 %", 3]);
  ok(!compare(f64(1, 1, 1, 1), f64(1, 1, 1, 3), one).passed);
  ok(!compare(f64(1), f64(1), { ...one, differing: NaN }).passed);
});

Deno.test("compare() measures max, mean, rms, relative error and the tolerance needed", () => {
  const result = compare(f64(1, 2, 5), f64(1, 2, 4), MICRO);
  equal(result.failing, 1);
  equal(result.maxAbsolute, 1);
  equal(result.meanAbsolute, 1 / 3);
  equal(result.rms, Math.sqrt(1 / 3));
  equal(result.maxRelative, 0.25);
  equal(result.smallestTolerance, 0.2);
  equal(result.worst, { index: [2], actual: 5, expected: 4 });
});

Deno.test("compare() gives the worst index along every axis", () => {
  const expected = tensor("f32", [2, 3, 2], new Float32Array(12));
  const actual = tensor("f32", [2, 3, 2], new Float32Array(12));
  actual.data[9] = 1;
  equal(compare(actual, expected, MICRO).worst?.index, [1, 1, 1]);
});

Deno.test("compare() passes at the smallest tolerance that it reports", () => {
  const [actual, expected] = [f64(1.5, -7, 0.25), f64(1.25, -7.125, 0)];
  const needed = compare(actual, expected, EXACT).smallestTolerance!;
  ok(compare(actual, expected, { absolute: needed, relative: needed }).passed);
  const less = needed * 0.999;
  ok(!compare(actual, expected, { absolute: less, relative: less }).passed);
});

Deno.test("compare() fails on NaN even when both sides are NaN", () => {
  match(compare(f64(NaN), f64(NaN), MICRO).reason ?? "", /reference has NaN at \[0\]/);
});

Deno.test("compare() fails on NaN or infinity on either side", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    match(compare(f64(1, bad), f64(1, 1), MICRO).reason ?? "", /output has .* at \[1\]/);
    match(compare(f64(1, 1), f64(1, bad), MICRO).reason ?? "", /reference has .* at \[1\]/);
  }
});

Deno.test("compare() fails with a tolerance that is not finite", () => {
  for (const absolute of [NaN, Infinity]) {
    match(compare(f64(99), f64(0), { absolute, relative: 0 }).reason ?? "", /the tolerance is/);
  }
});

Deno.test("compare() fails when either side is missing", () => {
  match(compare(undefined, f64(1), MICRO).reason ?? "", /output is missing/);
  match(compare(f64(1), undefined, MICRO).reason ?? "", /reference is missing/);
});

Deno.test("compare() fails on another shape with the same elements", () => {
  const actual = tensor("f64", [1, 2], Float64Array.of(1, 2));
  match(compare(actual, f64(1, 2), MICRO).reason ?? "", /shape is \[1, 2\], expected \[2\]/);
});

Deno.test("compare() fails on another type with the same values", () => {
  const actual = tensor("f32", [1], Float32Array.of(1));
  match(compare(actual, f64(1), MICRO).reason ?? "", /type is f32, expected f64/);
});

Deno.test("compare() requires integers to be equal", () => {
  const expected = tensor("i32", [2], Int32Array.of(1, 2));
  ok(compare(expected, expected, EXACT).passed);
  ok(!compare(tensor("i32", [2], Int32Array.of(1, 3)), expected, EXACT).passed);
});

Deno.test("compare() passes two empty tensors of one shape", () => {
  const empty = tensor("f64", [0], new Float64Array());
  ok(compare(empty, empty, EXACT).passed);
  ok(!compare(empty, f64(1), EXACT).passed);
});

Deno.test("compare() returns the factor by which all errors could grow", () => {
  // At 3 the bound is 1e-6 + 3e-6.
  const { margin } = compare(f64(3 + 1e-6, 0), f64(3, 0), MICRO);
  ok(Math.abs(margin! - 4) < 1e-6, String(margin));
  ok(Math.abs(compare(f64(3, 2e-6), f64(3, 0), MICRO).margin! - 0.5) < 1e-9);
  equal(compare(f64(1), f64(1), MICRO).margin, null);
  equal(compare(f64(1), f64(2), EXACT).margin, 0);
});

Deno.test("compare() counts floats by units in the last place of their type", () => {
  const f32 = (...values: number[]): Tensor<"f32"> =>
    tensor("f32", [values.length], Float32Array.from(values));
  const ulp = 2 ** -23;
  const { ulps } = compare(f32(1, 1 + ulp, 1 + 5 * ulp, 1), f32(1, 1, 1, 1), MICRO);
  equal(ulps, { counts: [2, 1, 0, 0, 1], max: 5 });
  equal(compare(f64(1 + ulp), f64(1), MICRO).ulps?.max, 2 ** 29);
  const labels = tensor("i32", [1], Int32Array.of(1));
  equal(compare(labels, labels, EXACT).ulps, null);
});

Deno.test("compare() returns the 99.9 % quantile of the errors", () => {
  const expected = f64(...Array(2000).fill(0));
  const actual = f64(...Array(2000).fill(0));
  actual.data.set([5, 4], 7);
  equal(compare(actual, expected, MICRO).quantile999, 0);
  actual.data.set([3], 100);
  const { quantile999 } = compare(actual, expected, MICRO);
  ok(quantile999! >= 3 && quantile999! < 3.03, String(quantile999));
});

Deno.test("Measurement returns the same figures for blocks as for the whole", () => {
  const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const [actual, expected] = [f64(...values.map((x, i) => x + i * 1e-9)), f64(...values)];
  const parts = new Measurement("f64", [1000], MICRO);
  for (const [from, to] of [[0, 1], [1, 600], [600, 1000]] as const) {
    parts.add(actual.data.subarray(from, to), expected.data.subarray(from, to));
  }
  equal(parts.result(), compare(actual, expected, MICRO));
});

Deno.test("Measurement subtracts 64-bit integers exactly", () => {
  const large = 2n ** 60n;
  const measured = new Measurement("u64", [2], { absolute: 0, relative: 0 });
  measured.add(BigUint64Array.of(large, large + 1n), BigUint64Array.of(large, large));
  const { failing, maxAbsolute, reason } = measured.result();
  equal([failing, maxAbsolute], [1, 1]);
  match(reason!, /worst at \[1\]: 1152921504606846977, expected 1152921504606846976/);
});

Deno.test("Measurement judges complex elements by the magnitude of the difference", () => {
  const measured = new Measurement("c64", [2], { absolute: 4.9, relative: 0 });
  measured.add(Float32Array.of(1, 1, 3, -4), Float32Array.of(1, 1, 0, 0));
  const result = measured.result();
  equal([result.elements, result.failing, result.maxAbsolute, result.ulps], [2, 1, 5, null]);
  equal(result.worst, {
    ...{ index: [1], actual: 3, expected: 0, actualImaginary: -4, expectedImaginary: 0 },
  });
  match(result.reason!, /worst at \[1\]: 3-4i, expected 0\+0i/);
  const infinite = new Measurement("c64", [2], { absolute: 1, relative: 0 });
  infinite.add(Float32Array.of(1, 1, 1, Infinity), Float32Array.of(1, 1, 1, 1));
  match(infinite.result().reason!, /the output has Infinity at \[1\]/);
});

Deno.test("compare() returns the largest error of each part of a given time axis", () => {
  const shape = [2, 1000, 3];
  const [actual, expected] = [0, 1].map(() => tensor("f32", shape, new Float32Array(6000)));
  // Instrument 1, frames 4, 5 and 999.
  for (const [frame, error] of [[4, 1], [5, 2], [999, 3]] as const) {
    actual!.data[(1000 + frame) * 3 + 1] = error;
  }
  const { profile } = compare(actual, expected, MICRO, 1);
  equal([profile!.length, profile![0], profile![1], profile![199]], [200, 1, 2, 3]);
  equal(profile!.filter((error) => error > 0).length, 3);
  equal(compare(actual, expected, MICRO).profile, undefined);
  // The axis is shorter than the number of parts.
  equal(compare(f64(1, 2, 3), f64(1, 2, 4), MICRO, 0).profile, [0, 0, 1]);
  const parts = new Measurement("f32", shape, MICRO, 1);
  parts.add(actual!.data.subarray(0, 3100), expected!.data.subarray(0, 3100));
  parts.add(actual!.data.subarray(3100), expected!.data.subarray(3100));
  equal(parts.result().profile, profile);
});

Deno.test("Measurement judges by the signal-to-noise ratio where a least one is given, and tells it", () => {
  const tolerance = (leastSnrDecibels: number): Tolerance => ({
    ...{ absolute: Number.MAX_VALUE, relative: 0, leastSnrDecibels },
  });
  const [expected, actual] = [f64(...Array(100).fill(1)), f64(...Array(100).fill(1.01))];
  const passing = compare(actual, expected, tolerance(39.9));
  equal([passing.passed, Math.round(passing.snrDecibels!)], [true, 40]);
  const failing = compare(actual, expected, tolerance(40.1));
  match(failing.reason!, /^the signal-to-noise ratio is 40\.0 dB, expected at least 40\.1 dB$/);
  equal(compare(expected, expected, tolerance(400)).passed, true);
  // A signal of zeros has no ratio that any error could reach.
  equal(compare(actual, f64(...Array(100).fill(0)), tolerance(-400)).passed, false);
  equal(Object.hasOwn(compare(actual, expected, MICRO), "snrDecibels"), false);
});
