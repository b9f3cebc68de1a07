import assert from "node:assert/strict";
import { elementCount, tensor } from "../../core/tensor.ts";
import { allInOneParameters, validateParameters } from "./parameters.ts";
import { DEFAULT_CONFIGURATION } from "./configuration.ts";
import { ModelError } from "../model_error.ts";
import { seededCheckpoint } from "./seeded.ts";

Deno.test("allInOneParameters() lists 491 tensors of 300 631 values", () => {
  const parameters = allInOneParameters(DEFAULT_CONFIGURATION);
  assert.equal(parameters.length, 491);
  assert.equal(new Set(parameters.map((parameter) => parameter.name)).size, 491);
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), 300_631);
});

Deno.test("allInOneParameters() has upstream's shapes, torch layout", () => {
  const shapes = new Map(allInOneParameters(DEFAULT_CONFIGURATION).map((p) => [p.name, p.shape]));
  const layer = "encoder.layers.10";
  assert.deepEqual(shapes.get("embeddings.conv0.weight"), [12, 1, 3, 3]);
  assert.deepEqual(shapes.get("embeddings.conv1.weight"), [24, 12, 1, 12]);
  assert.deepEqual(shapes.get(`${layer}.timelayer.layernorm_after.weight`), [48]);
  assert.deepEqual(shapes.get(`${layer}.timelayer.intermediate.dense.weight`), [192, 48]);
  assert.deepEqual(shapes.get(`${layer}.timelayer.attention2.self.rpb`), [2, 9]);
  assert.deepEqual(shapes.get(`${layer}.instlayer.attention.self.rpb`), [2, 9, 9]);
  assert.deepEqual(shapes.get("function_classifier.classifier.weight"), [10, 96]);
});

Deno.test("validateParameters() names every missing, unexpected and misshapen tensor", () => {
  const { configuration, tensors } = seededCheckpoint(0);
  validateParameters(configuration, tensors, "fold");
  const changed = new Map(tensors);
  changed.delete("norm.bias");
  changed.set("extra.bias", tensor("f32", [1], new Float32Array(1)));
  changed.set("norm.weight", tensor("f32", [2, 12], new Float32Array(24)));
  assert.throws(
    () => validateParameters(configuration, changed, "fold"),
    (error) =>
      error instanceof ModelError && error.problem === "parameters" &&
      error.message.includes(
        "1 missing: norm.bias; 1 unexpected: extra.bias; 1 misshapen: norm.weight",
      ) &&
      error.message.includes("expected [24], got [2, 12]"),
  );
});
