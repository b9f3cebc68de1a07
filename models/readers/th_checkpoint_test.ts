import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { htdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { readThCheckpoint } from "./th_checkpoint.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
}

Deno.test("readThCheckpoint() reads what demucs' own serialize_model and torch wrote", () => {
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

Deno.test("readThCheckpoint() fails on files that hold something else", () => {
  const problems = { "plain.pt": "format", "malicious.pt": "forbidden", "klass.pt": "forbidden" };
  for (const [name, problem] of Object.entries(problems)) {
    assert.throws(
      () => readThCheckpoint("tiny", file(name)),
      (error) => error instanceof ModelError && error.problem === problem,
      name,
    );
  }
});
