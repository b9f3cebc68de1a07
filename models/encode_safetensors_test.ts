import { deepStrictEqual as equal } from "node:assert/strict";
import { tensor } from "../core/tensor.ts";
import { encodeSafetensors } from "./encode_safetensors.ts";
import { readSafetensors } from "./readers/safetensors.ts";

Deno.test("encodeSafetensors() writes what readSafetensors() reads, for any length of names", () => {
  for (let length = 1; length < 12; length++) {
    const tensors = new Map([
      ["ä".repeat(length), tensor("f32", [2, 1], Float32Array.of(1.5, -2))],
      ["scalar", tensor("f32", [], Float32Array.of(0.1))],
      ["empty", tensor("f32", [0], new Float32Array())],
    ]);
    equal(readSafetensors(encodeSafetensors(tensors)), tensors);
  }
});

Deno.test("encodeSafetensors() starts the values at a multiple of 8 bytes", () => {
  for (let length = 1; length < 12; length++) {
    const name = "x".repeat(length);
    const bytes = encodeSafetensors(new Map([[name, tensor("f32", [1], Float32Array.of(1))]]));
    equal((bytes.length - 4) % 8, 0);
  }
});
