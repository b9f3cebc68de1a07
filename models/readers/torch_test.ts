import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { elementCount } from "../../core/tensor.ts";
import { allInOneParameters } from "../all_in_one/parameters.ts";
import { htdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { readPthCheckpoint, readThCheckpoint } from "./torch.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
}

Deno.test("readPthCheckpoint() reads a state_dict that upstream's own module wrote", () => {
  const { name, configuration, tensors, sha256 } = readPthCheckpoint("small", file("small.pth"));
  assert.equal(name, "small");
  assert.equal(configuration.fold, 3);
  assert.equal(configuration.numLabels, 2);
  assert.equal(configuration.bestThresholdDownbeat, 0.24);
  assert.match(sha256, /^[0-9a-f]{64}$/);
  const parameters = allInOneParameters(configuration);
  assert.deepEqual([...tensors.keys()], parameters.map((parameter) => parameter.name));
  for (const { name, shape } of parameters) {
    const count = elementCount(shape);
    const expected = Float32Array.from({ length: count }, (_, i) => Math.fround(i / count) - 0.5);
    assert.deepEqual(tensors.get(name), { dtype: "f32", shape, data: expected });
  }
});

Deno.test("readPthCheckpoint() fails on files of other content", () => {
  for (const name of ["plain.pt", "malicious.pt", "beyond.pt", "make_torch.py"]) {
    assert.throws(() => readPthCheckpoint("small", file(name)), ModelError);
  }
});

Deno.test("readThCheckpoint() reads a file written by demucs' serialize_model", () => {
  const { name, configuration, tensors, sha256 } = readThCheckpoint("tiny", file("htdemucs.th"));
  assert.equal(name, "tiny");
  assert.match(sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(configuration.sources, ["drums", "bass", "other", "vocals"]);
  assert.equal(configuration.segmentSamples, 2650);
  assert.equal(configuration.tHiddenScale, 2);
  assert.deepEqual(
    [...tensors].map(([name, { shape }]) => ({ name, shape })),
    htdemucsParameters(configuration),
  );
  const gains = tensors.get("crosstransformer.norm_in.weight")!.data;
  assert.ok(gains.every((value) => value > 0.9 && value < 1.1));
});

Deno.test("readThCheckpoint() fails on files of other content", () => {
  const problems = { "plain.pt": "format", "malicious.pt": "forbidden", "klass.pt": "forbidden" };
  for (const [name, problem] of Object.entries(problems)) {
    assert.throws(
      () => readThCheckpoint("tiny", file(name)),
      (error) => error instanceof ModelError && error.problem === problem,
      name,
    );
  }
});
