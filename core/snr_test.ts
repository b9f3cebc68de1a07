import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { snrDecibels } from "./snr.ts";

Deno.test("snrDecibels() is the ratio of the energies of signal and error", () => {
  ok(Math.abs(snrDecibels([1.1, 2, 3], [1, 2, 3]) - 10 * Math.log10(14 / 0.01)) < 1e-9);
  equal(snrDecibels([0.5, -0.5], [1, -1]), 10 * Math.log10(4));
});

Deno.test("snrDecibels() is infinite without an error, and NaN for other lengths and for NaN", () => {
  equal(snrDecibels([1, 2], [1, 2]), Infinity);
  equal(snrDecibels([0, 1], [0, 0]), -Infinity);
  equal(snrDecibels([1], [1, 2]), NaN);
  equal(snrDecibels([NaN, 2], [1, 2]), NaN);
});
