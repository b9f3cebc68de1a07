import assert from "node:assert/strict";
import { tensor } from "../../core/tensor.ts";
import { TorchStorage } from "./_storage.ts";

const FOUR = new TorchStorage("0", "f32", 4, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));

Deno.test("gather() copies a transposed view in C order", () => {
  const transposed = FOUR.gather(0, [2, 2], [1, 2]);
  assert.deepEqual(transposed, tensor("f32", [2, 2], Float32Array.of(1, 3, 2, 4)));
});

Deno.test("gather() rejects a view that repeats elements", () => {
  assert.throws(() => FOUR.gather(0, [2 ** 26], [0]), /repeats those of its storage, which has 4/);
});

Deno.test("gather() of an empty view needs no storage", () => {
  assert.deepEqual(FOUR.gather(4, [0], [1]), tensor("f32", [0], new Float32Array()));
});
