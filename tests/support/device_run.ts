/**
 * Runs graphs on WebGPU and prints the errors as JSON, for tests: drivers are found by the variables of a process.
 *
 *     deno run -A tests/support/device_run.ts elu|htdemucs|network
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { hash32 } from "../../core/counter_random.ts";
import { readNpy } from "../../core/npy.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { seededCheckpoint } from "../../models/all_in_one/seeded.ts";
import { readThCheckpoint } from "../../models/readers/torch.ts";
import { createNetworkSession } from "../../pipeline/backends/network_folds.ts";
import { GraphBuilder } from "../../pipeline/backends/onnx/graph.ts";
import { buildHtdemucs } from "../../pipeline/backends/onnx/htdemucs_graph.ts";
import { addExactElu } from "../../pipeline/backends/onnx/network/exact_elu.ts";
import { onnxRuntime } from "../../pipeline/backends/onnx/runtime.ts";
import { sessionSettings } from "../../pipeline/backends/onnx/session_settings.ts";

const compute = { device: "webgpu" } as const;

function file(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));
}

function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = actual.length === expected.length ? 0 : Infinity;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    // Written so that NaN counts as worst.
    if (!(error <= most)) most = error;
  }
  return most;
}

async function runGraph(
  graph: Uint8Array,
  arrays: Readonly<Record<string, Tensor<"f32">>>,
): Promise<InferenceSession.OnnxValueMapType> {
  const runtime = await onnxRuntime();
  const session = await runtime.InferenceSession.create(graph, await sessionSettings(compute));
  const feeds = Object.entries(arrays).map(([name, { data, shape }]): [string, OrtTensor] => [
    ...[name, new runtime.Tensor("float32", data, shape)] as const,
  ]);
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return outputs;
}

/** Returns the largest error of the ELU. */
async function elu(): Promise<Record<string, number>> {
  const data = Float32Array.from({ length: 2001 }, (_, i) => (i - 1800) / 100);
  const graph = new GraphBuilder("elu", "device");
  graph.output("y", addExactElu(graph, graph.input("x", "f32", [data.length])), [data.length]);
  const { y } = await runGraph(graph.toBytes(), { x: tensor("f32", [data.length], data) });
  const exact = Array.from(data, (x) => x > 0 ? x : Math.expm1(x));
  return { elu: largestError(y!.data as Float32Array, exact) };
}

/** Returns the largest error of each seam of the small network in `models/testdata/htdemucs`. */
async function htdemucs(): Promise<Record<string, number>> {
  const stored = (name: string): Tensor<"f32"> =>
    readNpy(file(`models/testdata/htdemucs/${name}.npy`)) as Tensor<"f32">;
  const checkpoint = readThCheckpoint("tiny", file("models/testdata/htdemucs.th"));
  const outputs = await runGraph(
    buildHtdemucs(checkpoint, { target: "device", innerSeams: true, scoresBytes: 400_000 }),
    { mix: stored("mix"), spectrum: stored("spectrum") },
  );
  const names: Record<string, string> = { spectrum_out: "decoder.1", wave_out: "tdecoder.1" };
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [
      ...[name, largestError(data as Float32Array, stored(names[name] ?? name).data)] as const,
    ]),
  );
}

/** Returns the largest error of each logit of a fold, relative to 1 + |logit|, on noise of a few frames. */
async function network(): Promise<Record<string, number>> {
  const frames = 11;
  const noise = Float32Array.from(
    { length: 4 * frames * 81 },
    (_, i) => (hash32(i) >>> 8) / 2 ** 24 * 2.5,
  );
  const session = await createNetworkSession(seededCheckpoint(0), { compute });
  const output = await session.run(tensor("f32", [4, frames, 81], noise));
  await session.release();
  const { data } = readNpy(
    file(`fixtures/references/edge_cases/network_${frames}_frames.npy`),
  ) as Tensor<"f32">;
  const relative = (values: Float32Array): Float32Array =>
    values.map((value, i) => value / (1 + Math.abs(data[i]!)));
  const logits = ["beat", "downbeat", "section", "function"] as const;
  const found = logits.flatMap((name) => [...output[`logits.${name}`].data]);
  return { network: largestError(relative(Float32Array.from(found)), relative(data)) };
}

const RUNS: Readonly<Record<string, () => Promise<Record<string, number>>>> = {
  elu,
  htdemucs,
  network,
};

console.log(JSON.stringify(await RUNS[Deno.args[0] ?? ""]!()));
Deno.exit(0);
