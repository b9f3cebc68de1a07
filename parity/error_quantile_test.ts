import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ErrorCounts } from "./error_quantile.ts";

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

Deno.test("ErrorCounts.quantile() leaves out the few errors that are larger", () => {
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

Deno.test("ErrorCounts.quantile() copes with errors beyond float32", () => {
  const counts = new ErrorCounts();
  counts.add(1e300);
  equal(counts.quantile(0.999, 1e300), 1e300);
});
