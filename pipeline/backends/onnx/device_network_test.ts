/** The graphs of the music structure network for devices, on the CPU: tests of devices themselves are in tests/. */

import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { hash32 } from "../../../core/counter_random.ts";
import { readNpy } from "../../../core/npy.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { seededCheckpoint } from "../../../models/all_in_one/seeded.ts";
import { computeHeads } from "./network/heads.ts";
import { buildEmbedding, buildEncoder, encoderPlan } from "./network_graph.ts";

const FOLD = seededCheckpoint(0);

const REFERENCES = new URL("../../../fixtures/references/edge_cases/", import.meta.url);

function feeds(arrays: Readonly<Record<string, Tensor>>): Record<string, ort.Tensor> {
  const types = { f32: "float32", i32: "int32", i64: "int64" } as const;
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape, data }]) => {
      const type = types[dtype as keyof typeof types] as "float32";
      return [name, new ort.Tensor(type, data as Float32Array, shape)];
    }),
  );
}

Deno.test("a fold in the graphs for devices agrees with upstream", async () => {
  const [first, second] = [buildEmbedding(FOLD, "device"), buildEncoder(FOLD, "device")];
  const embedding = await ort.InferenceSession.create(first.model());
  const encoder = await ort.InferenceSession.create(second.model());
  for (const frames of [1, 5, 11, 47, 641]) {
    const noise = Float32Array.from(
      { length: 4 * frames * 81 },
      (_, i) => (hash32(i) >>> 8) / 2 ** 24 * 2.5,
    );
    const spectrogram = new ort.Tensor("float32", noise, [4, frames, 81]);
    const { embedded } = await embedding.run({ ...feeds(first.weights), spectrogram });
    const { encoded } = await encoder.run({
      ...feeds(second.weights),
      ...feeds(encoderPlan(FOLD.configuration, frames)),
      embedded: embedded!,
    });
    const { logits, embeddings } = computeHeads(FOLD, encoded!.data as Float32Array, true);
    assert.equal(embeddings.length, 4 * frames * 24);
    const { data } = readNpy(
      Deno.readFileSync(new URL(`network_${frames}_frames.npy`, REFERENCES)),
    ) as Tensor<"f32">;
    assert.equal(logits.length, data.length);
    // A single fold of upstream's own float32 is as far from its float64.
    for (const [i, value] of logits.entries()) {
      assert.ok(Math.abs(value - data[i]!) <= 1.5e-6 * (1 + Math.abs(data[i]!)), `${frames}: ${i}`);
    }
  }
  await embedding.release();
  await encoder.release();
});
