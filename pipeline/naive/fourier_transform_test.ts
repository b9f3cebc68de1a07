import { ok, throws } from "node:assert/strict";
import { fourierTransform } from "./fourier_transform.ts";

Deno.test("fourierTransform() is the sum that defines it", () => {
  const length = 16;
  const real = Float64Array.from({ length }, (_, at) => Math.sin(at * at));
  const imaginary = Float64Array.from({ length }, (_, at) => Math.cos(3 * at));
  const expected = Array.from({ length }, (_, bin) => {
    let [re, im] = [0, 0];
    for (let at = 0; at < length; at++) {
      const angle = -2 * Math.PI * bin * at / length;
      re += real[at]! * Math.cos(angle) - imaginary[at]! * Math.sin(angle);
      im += real[at]! * Math.sin(angle) + imaginary[at]! * Math.cos(angle);
    }
    return [re, im] as const;
  });
  fourierTransform(length)(real, imaginary);
  for (const [bin, [re, im]] of expected.entries()) {
    ok(Math.abs(real[bin]! - re) < 1e-12 && Math.abs(imaginary[bin]! - im) < 1e-12);
  }
});

Deno.test("fourierTransform() refuses lengths that it cannot halve, and parts of another length", () => {
  for (const length of [6, 0, -8, 2.5, NaN]) throws(() => fourierTransform(length), RangeError);
  throws(() => fourierTransform(8)(new Float64Array(8), new Float64Array(4)), RangeError);
});
