import assert from "node:assert/strict";
import { writeNpz } from "../../core/npz.ts";
import { elementCount, type Tensor, tensor } from "../../core/tensor.ts";
import { parseConfiguration } from "../all_in_one/configuration.ts";
import { allInOneParameters } from "../all_in_one/parameters.ts";
import { ModelError } from "../model_error.ts";
import { readNpzCheckpoint } from "./npz.ts";

const TEXT =
  "depth: 1\ndim_embed: 4\nfold: 3\nbest_threshold_downbeat: 0.24\ndata:\n  num_labels: 2\n";
const CONFIGURATION = parseConfiguration({
  depth: 1,
  dim_embed: 4,
  fold: 3,
  best_threshold_downbeat: 0.24,
  data: { num_labels: 2 },
});

/** Every element is its own index in torch's layout; convolutions are stored with their channels last. */
function stored(): Map<string, Tensor> {
  return new Map(
    allInOneParameters(CONFIGURATION).map(({ name, shape }): [string, Tensor] => {
      const values = Float32Array.from({ length: elementCount(shape) }, (_, i) => i);
      if (shape.length !== 4) return [name, tensor("f32", shape, values)];
      const [out, inputs, height, width] = shape as [number, number, number, number];
      const moved = values.map((_, at) => {
        const [i, rest] = [at % inputs, Math.floor(at / inputs)];
        const [position, o] = [rest % (height * width), Math.floor(rest / (height * width))];
        return (o * inputs + i) * height * width + position;
      });
      return [name, tensor("f32", [out, height, width, inputs], moved)];
    }),
  );
}

Deno.test("readNpzCheckpoint() converts convolutions to torch's layout", () => {
  const checkpoint = readNpzCheckpoint("small", writeNpz(stored()), TEXT);
  assert.equal(checkpoint.name, "small");
  assert.deepEqual(checkpoint.configuration, CONFIGURATION);
  assert.match(checkpoint.sha256, /^[0-9a-f]{64}$/);
  for (const { name, shape } of allInOneParameters(CONFIGURATION)) {
    const found = checkpoint.tensors.get(name)!;
    assert.deepEqual(found.shape, shape, name);
    assert.ok(found.data.every((value, i) => value === i), name);
  }
});

Deno.test("readNpzCheckpoint() fails on other arrays and on text that is not a configuration", () => {
  const missing = stored();
  missing.delete("norm.weight");
  assert.throws(
    () => readNpzCheckpoint("small", writeNpz(missing), TEXT),
    /1 missing: norm\.weight/,
  );
  const wide = stored().set("norm.weight", tensor("f64", [4], new Float64Array(4)));
  assert.throws(() => readNpzCheckpoint("small", writeNpz(wide), TEXT), /norm\.weight is f64/);
  for (const text of ["", "depth: [", "- 1"]) {
    assert.throws(() => readNpzCheckpoint("small", writeNpz(stored()), text), ModelError);
  }
});
