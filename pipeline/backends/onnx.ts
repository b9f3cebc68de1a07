/**
 * Runs the All-In-One network with ONNX Runtime.
 *
 * ONNX Runtime is loaded when the first session is made, not before. `run()` keeps the calling thread busy: no timer fires
 * meanwhile.
 *
 * @module
 */

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import {
  buildEmbedding,
  buildEncoder,
  EMBEDDING_REACH_FRAMES,
  encoderPlan,
} from "../../models/all_in_one.ts";
import type { Checkpoint } from "../../models/checkpoint.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { onDevice, providersOf } from "./devices.ts";

type Runtime = typeof import("onnxruntime-node");
type Feeds = Record<string, OrtTensor>;

/** What the network makes of a track. */
export interface NetworkOutput {
  /** [frames] f32. */
  readonly logitsBeat: Tensor<"f32">;
  /** [frames] f32. */
  readonly logitsDownbeat: Tensor<"f32">;
  /** [frames] f32. */
  readonly logitsSection: Tensor<"f32">;
  /** [labels, frames] f32. */
  readonly logitsFunction: Tensor<"f32">;
  /** [instruments, frames, width] f32, after the last norm. */
  readonly embeddings: Tensor<"f32">;
}

/** How a session runs. */
export interface SessionOptions {
  /** Threads that an operator is split over; ONNX Runtime's own choice when absent. */
  readonly threads?: number;
  /** What it runs on; the processor when absent. */
  readonly device?: string;
}

/** A network that is ready to run with the weights of any fold of one configuration. */
export interface NetworkSession {
  /**
   * Runs a fold.
   *
   * @param spectrogram [instruments, frames, bands] f32, at least one frame
   * @param checkpoint the fold's weights, of the session's configuration; those it was made with when absent
   * @returns logits and embeddings
   * @throws {RangeError} for another shape, or a fold of other sizes
   */
  run(spectrogram: Tensor<"f32">, checkpoint?: Checkpoint): Promise<NetworkOutput>;
  /** Frees the network's memory; it cannot run again. */
  release(): Promise<void>;
}

/** Frames that the embedding is computed for at a time; more only costs memory. */
const EMBEDDING_CHUNK_FRAMES = 1024;

const ELEMENT_TYPES = { f32: "float32", f64: "float64", i32: "int32", i64: "int64" } as const;

/**
 * Makes a network ready to run.
 *
 * Weights are fed to the graphs, so one session serves all folds: making a session costs a quarter of a second and memory
 * that ONNX Runtime never gives back, and only a session that has run before has its buffers.
 *
 * @param checkpoint a fold of the configuration that will run
 * @param options number of threads, device
 * @returns a session, to be released by the caller
 * @throws if ONNX Runtime cannot be loaded; the cause is attached
 * @throws {DeviceError} if it lacks the device, or cannot be started there
 */
export async function createNetworkSession(
  checkpoint: Checkpoint,
  options: SessionOptions = {},
): Promise<NetworkSession> {
  const runtime = await loadRuntime();
  const { device = "cpu" } = options;
  const settings = { ...sessionSettings(options), executionProviders: await providersOf(device) };
  const create = (model: Uint8Array): Promise<InferenceSession> =>
    onDevice(device, () => runtime.InferenceSession.create(model, settings));
  const embedding = await create(buildEmbedding(checkpoint).model());
  const encoder = await create(buildEncoder(checkpoint).model());
  const sizes = networkSizes(checkpoint);
  let plan: { frames: number; feeds: Feeds } | undefined;
  return {
    async run(spectrogram: Tensor<"f32">, fold: Checkpoint = checkpoint): Promise<NetworkOutput> {
      if (networkSizes(fold) !== sizes) {
        throw new RangeError(`${fold.name} does not have the sizes of ${checkpoint.name}`);
      }
      const frames = checkSpectrogram(fold, spectrogram);
      if (plan?.frames !== frames) {
        plan = { frames, feeds: toFeeds(runtime, encoderPlan(fold.configuration, frames)) };
      }
      const embeddingWeights = toFeeds(runtime, buildEmbedding(fold).weights);
      const embedded = await embed(runtime, embedding, embeddingWeights, fold, spectrogram);
      const outputs = await encoder.run({
        ...plan.feeds,
        ...toFeeds(runtime, buildEncoder(fold).weights),
        embedded: toRuntime(runtime, embedded),
      });
      return separate(fold, frames, outputs);
    },
    async release(): Promise<void> {
      await embedding.release();
      await encoder.release();
    },
  };
}

/** What the graphs of two folds have in common: all of the configuration but the fold's number and thresholds. */
function networkSizes({ configuration }: Checkpoint): string {
  const { fold: _fold, bestThresholdBeat: _beat, bestThresholdDownbeat: _downbeat, ...sizes } =
    configuration;
  return JSON.stringify(sizes);
}

async function loadRuntime(): Promise<Runtime> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new Error(
      "Cannot load ONNX Runtime (onnxruntime-node): run `deno install` and allow --allow-ffi and --allow-read",
      { cause },
    );
  }
}

function sessionSettings({ threads }: SessionOptions): InferenceSession.SessionOptions {
  return {
    graphOptimizationLevel: "all",
    interOpNumThreads: 1,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // A plan of all buffers for one track length would be kept, and doubles the peak on the first run.
    enableMemPattern: false,
  };
}

function checkSpectrogram(checkpoint: Checkpoint, { shape }: Tensor<"f32">): number {
  const { numInstruments, dimInput } = checkpoint.configuration;
  const [instruments, frames, bands] = shape;
  const fits = shape.length === 3 && instruments === numInstruments && bands === dimInput;
  if (!fits || frames === undefined || frames < 1) {
    throw new RangeError(
      `${checkpoint.name} needs a spectrogram [${numInstruments}, 1 or more frames, ${dimInput}], ` +
        `but got [${shape.join(", ")}]`,
    );
  }
  return frames;
}

/** Wraps arrays for ONNX Runtime; an array that comes under several names is wrapped once. */
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
): Promise<Tensor<"f32">> {
  const { dimEmbed: width } = checkpoint.configuration;
  const [instruments, frames, bands] = spectrogram.shape as [number, number, number];
  const embedded = new Float32Array(instruments * frames * width);
  for (let first = 0; first < frames; first += EMBEDDING_CHUNK_FRAMES) {
    const last = Math.min(frames, first + EMBEDDING_CHUNK_FRAMES);
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

function separate(
  checkpoint: Checkpoint,
  frames: number,
  outputs: InferenceSession.OnnxValueMapType,
): NetworkOutput {
  const { numLabels, numInstruments, dimEmbed } = checkpoint.configuration;
  const logits = outputs["logits"]!.data as Float32Array;
  const row = (index: number): Tensor<"f32"> =>
    tensor("f32", [frames], logits.slice(index * frames, (index + 1) * frames));
  return {
    logitsBeat: row(0),
    logitsDownbeat: row(1),
    logitsSection: row(2),
    logitsFunction: tensor("f32", [numLabels, frames], logits.slice(3 * frames)),
    embeddings: tensor(
      "f32",
      [numInstruments, frames, dimEmbed],
      outputs["embeddings"]!.data as Float32Array,
    ),
  };
}

function toRuntime(runtime: Runtime, { dtype, shape, data }: Tensor): OrtTensor {
  const type = ELEMENT_TYPES[dtype as keyof typeof ELEMENT_TYPES];
  return new runtime.Tensor(type as "float32", data as Float32Array, shape);
}
