import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { activations } from "./activations.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const NONE = tensor("f32", [0], new Float32Array());
const NO_LOGITS = {
  "logits.beat": NONE,
  "logits.downbeat": NONE,
  "logits.section": NONE,
  "logits.function": tensor("f32", [10, 0], new Float32Array()),
};

function beats(...logits: number[]): Tensor<"f32"> {
  const beat = tensor("f32", [logits.length], Float32Array.from(logits));
  return activations({ ...NO_LOGITS, "logits.beat": beat })["activations.beat"];
}

Deno.test("activations() of single logits are sigmoids, also of extreme ones", () => {
  equal([...beats(0, -1000, 1000).data], [0.5, 0, 1]);
  ok(Math.abs((beats(-20).data[0] ?? NaN) - Math.exp(-20)) < 1e-15);
});

Deno.test("activations() of labels sum to 1 in every frame and survive large logits", () => {
  const logits = tensor("f32", [3, 2], Float32Array.of(1000, -5, 1001, 0, 999, 5));
  const { "activations.function": labels } = activations({
    ...NO_LOGITS,
    "logits.function": logits,
  });
  for (const frame of [0, 1]) {
    const sum = [0, 1, 2].reduce(
      (total, label) => total + (labels.data[2 * label + frame] ?? 0),
      0,
    );
    ok(Math.abs(sum - 1) < 1e-6);
  }
  ok((labels.data[2] ?? 0) > (labels.data[0] ?? 0));
});
