import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { hash32 } from "../core/counter_random.ts";
import { meanAsNumpy } from "./float32_mean.ts";

/** The float32 number next to 0.1, repeated, whose float32 mean shows the order of summation. */
function tenths(count: number): Float32Array {
  return new Float32Array(count).fill(0.1);
}

Deno.test("meanAsNumpy() of a constant is what numpy gives", () => {
  // numpy 1.23.5: np.full(n, 0.1, np.float32).mean()
  const stored = [
    [7, 0.10000000894069672],
    [100, 0.10000003129243851],
    [128, 0.10000001639127731],
    [1200, 0.10000001639127731],
    [5000, 0.10000000894069672],
  ] as const;
  for (const [count, mean] of stored) equal(meanAsNumpy(tenths(count)), mean);
});

Deno.test("meanAsNumpy() is close to the true mean", () => {
  const values = Float32Array.from({ length: 3001 }, (_, i) => hash32(i) / 2 ** 32);
  const exact = values.reduce((sum, value) => sum + value, 0) / values.length;
  ok(Math.abs(meanAsNumpy(values) - exact) < 1e-6);
});

Deno.test("meanAsNumpy() of nothing is NaN", () => {
  ok(Number.isNaN(meanAsNumpy(new Float32Array())));
});
