import assert from "node:assert/strict";
import { elementCount, tensor } from "../../core/tensor.ts";
import { PUBLISHED_HTDEMUCS } from "./configuration.ts";
import { htdemucsParameters, validateHtdemucsParameters } from "./parameters.ts";

Deno.test("the published HTDemucs has 533 parameters with 41 984 456 values", () => {
  const parameters = htdemucsParameters(PUBLISHED_HTDEMUCS);
  assert.equal(parameters.length, 533);
  assert.equal(new Set(parameters.map(({ name }) => name)).size, 533);
  assert.equal(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), 41_984_456);
});

Deno.test("validateHtdemucsParameters() names missing, unexpected and misshapen tensors", () => {
  const tensors = new Map(
    htdemucsParameters(PUBLISHED_HTDEMUCS).filter(({ shape }) => elementCount(shape) < 1e5)
      .map((
        { name, shape },
      ) => [name, tensor("f32", shape, new Float32Array(elementCount(shape)))]),
  );
  tensors.set("extra", tensor("f32", [0], new Float32Array()));
  tensors.set("encoder.0.conv.bias", tensor("f32", [2, 24], new Float32Array(48)));
  assert.throws(
    () => validateHtdemucsParameters(PUBLISHED_HTDEMUCS, tensors, "half"),
    /half does not hold .*missing: .*1 unexpected: extra; 1 misshapen: encoder\.0\.conv\.bias \(expected \[48\], got \[2, 24\]\)/,
  );
});
