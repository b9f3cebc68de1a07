import { deepStrictEqual as equal } from "node:assert/strict";
import { tensor } from "../core/tensor.ts";
import { roundedStems } from "./rounded_stems.ts";

function rounded(...stems: number[][]): number[] {
  const shape = [stems.length, 1, stems[0]?.length ?? 0];
  return [...roundedStems(tensor("f32", shape, Float32Array.from(stems.flat()))).data];
}

Deno.test("roundedStems() rounds half to even", () => {
  const steps = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.75, -0.75, 0.25, 7];
  equal(rounded(steps.map((value) => value / 32768)), [0, 2, 2, 0, -2, -2, 1, -1, 0, 7]);
});

Deno.test("roundedStems() rescales each stem by its own peak, where 1.01 times that is above 1", () => {
  equal(rounded([0.99, -0.99]), [32440, -32440]);
  // A peak that is rescaled comes to 32768 / 1.01 = 32443.56.
  equal(rounded([-0.995, 0]), [-32444, 0]);
  equal(rounded([2, -1], [0.5, 0.25]), [32444, -16222, 16384, 8192]);
});

Deno.test("roundedStems() makes nothing of nothing", () => {
  equal(rounded([]), []);
});
