/**
 * Runs the All-In-One network with ONNX Runtime.
 *
 * ONNX Runtime is loaded with the first session. `run()` blocks the calling thread: no timer fires meanwhile.
 *
 * @module
 */

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import {
  buildEmbedding,
  buildEncoder,
  EMBEDDING_REACH_FRAMES,
  encoderPlan,
} from "./network_graph.ts";
import type { Checkpoint } from "../../../models/all_in_one/parameters.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { onDevice } from "../devices.ts";
import { computeHeads } from "./network/heads.ts";
import { onnxRuntime } from "./runtime.ts";
import { sessionSettings } from "./session_settings.ts";
import {
  checkRun,
  type NetworkOutput,
  networkOutput,
  type NetworkSession,
  type NetworkSessionOptions,
} from "../network_session.ts";

type Runtime = typeof import("onnxruntime-node");
type Feeds = Record<string, OrtTensor>;

/**
 * Frames per run of the embedding: on the CPU larger chunks only need more memory; on a device the largest array, the
 * first convolution's, takes 62 MB.
 */
const EMBEDDING_CHUNK_FRAMES = { cpu: 1024, device: 4096 } as const;

const NO_VALUES = new Float32Array(0);

const ELEMENT_TYPES = { f32: "float32", f64: "float64", i32: "int32", i64: "int64" } as const;

/**
 * Creates a session of the network.
 *
 * Weights are inputs of the graphs, so one session serves all folds. Creating a session takes a quarter of a second and
 * memory that ONNX Runtime never frees, and only a session that has run before has its buffers.
 *
 * @param checkpoint fold of the configuration that will run
 * @param options compute options, and whether embeddings are returned
 * @returns session, which the caller releases
 * @throws {RuntimeLoadError} if ONNX Runtime cannot be loaded
 * @throws {DeviceError} if ONNX Runtime lacks the device or cannot use it
 */
export async function createOnnxNetworkSession(
  checkpoint: Checkpoint,
  options: NetworkSessionOptions = {},
): Promise<NetworkSession> {
  const runtime = await onnxRuntime();
  const { device = "cpu" } = options.compute ?? {};
  const settings: InferenceSession.SessionOptions = {
    ...await sessionSettings(options.compute),
    interOpNumThreads: 1,
  };
  const create = (model: Uint8Array): Promise<InferenceSession> =>
    onDevice(device, () => runtime.InferenceSession.create(model, settings));
  const target = device === "cpu" ? "cpu" : "device";
  const embedding = await create(buildEmbedding(checkpoint, target).model());
  const encoder = await create(buildEncoder(checkpoint, target).model());
  let plan: { frames: number; feeds: Feeds } | undefined;
  return {
    async run(spectrogram, fold = checkpoint, into): Promise<NetworkOutput> {
      const frames = checkRun(checkpoint, fold, spectrogram);
      if (plan?.frames !== frames) {
        plan = { frames, feeds: toFeeds(runtime, encoderPlan(fold.configuration, frames)) };
      }
      const embedded = await embed(
        ...[runtime, embedding, toFeeds(runtime, buildEmbedding(fold, target).weights)] as const,
        ...[fold, spectrogram, EMBEDDING_CHUNK_FRAMES[target]] as const,
      );
      const outputs = await encoder.run({
        ...plan.feeds,
        ...toFeeds(runtime, buildEncoder(fold, target).weights),
        embedded: toRuntime(runtime, embedded),
      });
      const data = (name: string): Float32Array<ArrayBuffer> =>
        outputs[name]!.data as Float32Array<ArrayBuffer>;
      const embeds = options.embeddings !== false;
      const { logits, embeddings } = target === "device"
        ? computeHeads(fold, data("encoded"), embeds)
        : { logits: data("logits"), embeddings: embeds ? data("embeddings") : NO_VALUES };
      into?.set(logits);
      return networkOutput(fold.configuration, frames, into ?? logits, embeddings);
    },
    async release(): Promise<void> {
      await embedding.release();
      await encoder.release();
    },
  };
}

/** Wraps arrays for ONNX Runtime; an array with several names is wrapped once. */
function toFeeds(runtime: Runtime, arrays: Readonly<Record<string, Tensor>>): Feeds {
  const shared = new Map<Tensor, OrtTensor>();
  const feeds: Feeds = {};
  for (const [name, array] of Object.entries(arrays)) {
    const made = shared.get(array) ?? toRuntime(runtime, array);
    shared.set(array, made);
    feeds[name] = made;
  }
  return feeds;
}

async function embed(
  runtime: Runtime,
  session: InferenceSession,
  weights: Feeds,
  checkpoint: Checkpoint,
  spectrogram: Tensor<"f32">,
  chunkFrames: number,
): Promise<Tensor<"f32">> {
  const { dimEmbed: width } = checkpoint.configuration;
  const [instruments, frames, bands] = spectrogram.shape as [number, number, number];
  const embedded = new Float32Array(instruments * frames * width);
  for (let first = 0; first < frames; first += chunkFrames) {
    const last = Math.min(frames, first + chunkFrames);
    const from = Math.max(0, first - EMBEDDING_REACH_FRAMES);
    const length = Math.min(frames, last + EMBEDDING_REACH_FRAMES) - from;
    const chunk = new Float32Array(instruments * length * bands);
    for (let i = 0; i < instruments; i++) {
      const start = (i * frames + from) * bands;
      chunk.set(spectrogram.data.subarray(start, start + length * bands), i * length * bands);
    }
    const input = tensor("f32", [instruments, length, bands], chunk);
    const output = await session.run({ ...weights, spectrogram: toRuntime(runtime, input) });
    const rows = output["embedded"]!.data as Float32Array;
    for (let i = 0; i < instruments; i++) {
      const start = (i * length + first - from) * width;
      const own = rows.subarray(start, start + (last - first) * width);
      embedded.set(own, (i * frames + first) * width);
    }
  }
  return tensor("f32", [instruments, frames, width], embedded);
}

function toRuntime(runtime: Runtime, { dtype, shape, data }: Tensor): OrtTensor {
  const type = ELEMENT_TYPES[dtype as keyof typeof ELEMENT_TYPES];
  return new runtime.Tensor(type as "float32", data as Float32Array, shape);
}
