import { deepStrictEqual as equal } from "node:assert/strict";
import { tensor } from "../../core/tensor.ts";
import { naiveStems16 } from "./stems16.ts";

function rounded(...stems: number[][]): number[] {
  const shape = [stems.length, 1, stems[0]?.length ?? 0];
  return [...naiveStems16(tensor("f32", shape, Float32Array.from(stems.flat()))).data];
}

Deno.test("naiveStems16() rounds half to even", () => {
  const steps = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.75, -0.75, 0.25, 7];
  equal(rounded(steps.map((value) => value / 32768)), [0, 2, 2, 0, -2, -2, 1, -1, 0, 7]);
});

Deno.test("naiveStems16() rescales each stem by its own peak, where 1.01 times that is above 1", () => {
  equal(rounded([0.99, -0.99]), [32440, -32440]);
  // A rescaled peak becomes 32768 / 1.01 = 32443.56.
  equal(rounded([-0.995, 0]), [-32444, 0]);
  equal(rounded([2, -1], [0.5, 0.25]), [32444, -16222, 16384, 8192]);
});

Deno.test("naiveStems16() returns no samples for no stems", () => {
  equal(rounded([]), []);
});
