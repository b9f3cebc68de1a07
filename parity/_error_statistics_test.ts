import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ErrorCounts, ulpBin, ulpDistances } from "./_error_statistics.ts";
import { ulpBinText } from "./render/figures.ts";

Deno.test("ErrorCounts.quantile() is at most 0.8 % above the exact one", () => {
  const errors = Array.from({ length: 5000 }, (_, i) => 1e-13 * 1.01 ** i).filter((e) => e < 10);
  const counts = new ErrorCounts();
  for (const error of errors) counts.add(error);
  for (const share of [0.001, 0.5, 0.9, 0.999, 1]) {
    const exact = errors[Math.ceil(share * errors.length) - 1]!;
    const found = counts.quantile(share, errors.at(-1)!);
    ok(found >= exact && found <= 1.008 * exact, `${share}: ${found}, exactly ${exact}`);
  }
});

Deno.test("ErrorCounts.quantile() excludes the few larger errors", () => {
  const counts = new ErrorCounts();
  for (let i = 0; i < 999; i++) counts.add(0);
  counts.add(1);
  equal(counts.quantile(0.999, 1), 0);
  counts.add(1);
  equal(counts.quantile(0.999, 1), 1);
});

Deno.test("ErrorCounts.quantile() is 0 without errors", () => {
  equal(new ErrorCounts().quantile(0.999, 0), 0);
});

Deno.test("ErrorCounts.quantile() accepts errors beyond float32", () => {
  const counts = new ErrorCounts();
  counts.add(1e300);
  equal(counts.quantile(0.999, 1e300), 1e300);
});

function distance32(a: number, b: number): number {
  return ulpDistances("f32", Float32Array.of(0, a), Float32Array.of(0, b))!(1);
}

function distance64(a: number, b: number): number {
  return ulpDistances("f64", Float64Array.of(0, a), Float64Array.of(0, b))!(1);
}

Deno.test("ulpDistances() counts the steps between float32 numbers", () => {
  equal(distance32(1, 1), 0);
  equal(distance32(1, 1 + 2 ** -23), 1);
  // Below a power of two numbers lie twice as close.
  equal(distance32(1, 1 - 2 ** -23), 2);
  equal(distance32(-3, -3 - 2 ** -22), 1);
  equal(distance32(1, 2), 2 ** 23);
});

Deno.test("ulpDistances() treats both zeros as one number", () => {
  const smallest = 2 ** -149;
  equal([distance32(0, -0), distance32(smallest, -0), distance32(smallest, -smallest)], [0, 1, 2]);
  const least = Number.MIN_VALUE;
  equal([distance64(0, -0), distance64(-0, -least), distance64(3 * least, -least)], [0, 1, 4]);
  equal(distance32(1, -1), 2 * distance32(1, 0));
  equal(distance64(1, -1), 2 * distance64(1, 0));
});

Deno.test("ulpDistances() counts the steps between float64 numbers across the halves of their bits", () => {
  equal(distance64(1, 1 + Number.EPSILON), 1);
  equal(distance64(1, 1 - Number.EPSILON / 2), 1);
  equal(distance64(1 + Number.EPSILON, 1 - Number.EPSILON / 2), 2);
  equal(distance64(-1, -1 + Number.EPSILON), 2);
  equal(distance64(1, 1 + 2 ** 20 * Number.EPSILON), 2 ** 20);
  equal(distance64(1, 2), 2 ** 52);
});

Deno.test("ulpDistances() counts the steps of half-precision types", () => {
  const distance = (type: "f16" | "bf16", a: number, b: number): number =>
    ulpDistances(type, Float32Array.of(0, a), Float32Array.of(0, b))!(1);
  equal([distance("f16", 1, 1 + 2 ** -10), distance("f16", 1, 1 - 2 ** -11)], [1, 1]);
  equal([distance("f16", 2 ** -24, -(2 ** -24)), distance("f16", 0, -0)], [2, 0]);
  equal([distance("bf16", 1, 1 + 2 ** -7), distance("bf16", 1, 1 - 2 ** -8)], [1, 1]);
  equal([distance("bf16", 2 ** -133, -(2 ** -133)), distance("bf16", 1, 2)], [2, 128]);
});

Deno.test("ulpDistances() has no units for integers and complex numbers", () => {
  equal(ulpDistances("i16", Int16Array.of(1), Int16Array.of(1)), undefined);
  equal(ulpDistances("c64", Float32Array.of(1, 0), Float32Array.of(1, 0)), undefined);
});

Deno.test("ulpBin() has bins whose width doubles, also beyond 32 bits", () => {
  equal([0, 1, 2, 3, 4, 5, 8, 9].map(ulpBin), [0, 1, 2, 3, 3, 4, 4, 5]);
  for (let power = 2; power < 53; power++) {
    equal(ulpBin(2 ** power), power + 1, `2^${power}`);
    equal(ulpBin(2 ** power + 1), power + 2, `2^${power} + 1`);
  }
  equal([0, 1, 2, 3, 4].map(ulpBinText), ["0", "1", "2", "3-4", "5-8"]);
  ok(ulpBin(2 ** 64) === 65);
});
