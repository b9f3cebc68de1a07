import { deepStrictEqual as equal } from "node:assert/strict";
import { release, tensor } from "./tensor.ts";

Deno.test("release() empties tensors, also those that share their memory, and may be called again", () => {
  const whole = new Float32Array(6);
  const [one, other] = [whole.subarray(0, 2), whole.subarray(2)].map((data) => ({ data }));
  const third = tensor("i16", [3], Int16Array.of(1, 2, 3));
  release(one!, other!, third);
  release(third);
  equal([one!, other!, third].map(({ data }) => data.length), [0, 0, 0]);
});
