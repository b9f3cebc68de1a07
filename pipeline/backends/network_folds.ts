/**
 * Runs several folds and averages them, as `harmonix-all` does.
 *
 * Source: `allin1.models.ensemble.Ensemble` (allin1 1.1.0).
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import { release, type Tensor, tensor } from "../../core/tensor.ts";
import type { Logits, Seams } from "../seams.ts";
import { backendOf } from "./backend.ts";
import { createNativeNetworkSession } from "./native/network.ts";
import type { NetworkSession, NetworkSessionOptions } from "./network_session.ts";

/** Options of a run over several folds. Embeddings take 3 kB a frame for eight folds. */
export interface FoldsOptions extends NetworkSessionOptions {
  /** Called with a fold's index when it is done. */
  readonly onProgress?: (foldIndex: number) => void;
  /** Aborts the run. */
  readonly signal?: AbortSignal;
  /** Session to run in, which the caller releases; absent for a session of this run alone. */
  readonly session?: NetworkSession;
}

/** The seams that are averaged over the folds. */
const AVERAGED = ["logits.beat", "logits.downbeat", "logits.section", "logits.function"] as const;

/**
 * Makes a session of a network on a backend. ONNX Runtime is loaded only for its own backend.
 *
 * @param checkpoint a fold of the configuration that will run
 * @param options backend, device and threads; whether embeddings are returned
 * @returns a session, to be released by the caller
 * @throws if the backend cannot be loaded
 */
export async function createNetworkSession(
  checkpoint: Checkpoint,
  options: NetworkSessionOptions = {},
): Promise<NetworkSession> {
  if (backendOf(options.compute) === "onnx") {
    const { createNetworkThread } = await import("./onnx/session_thread.ts");
    return await createNetworkThread(checkpoint, options);
  }
  return await createNativeNetworkSession(checkpoint, options);
}

/**
 * Runs folds one after the other in one session and joins their outputs.
 *
 * @param checkpoints the folds, one or more, of the same sizes
 * @param spectrogram `[instruments, frames, bands]` f32, at least one frame
 * @param options backend, device and threads; whether embeddings are returned; progress
 * @returns the mean of the logits, summed in float64 and rounded once; `embeddings`
 * `[instruments, frames, width]` f32, with a last axis of folds when there are several
 * @throws {RangeError} for no folds, or a spectrogram of another shape
 */
export async function runFolds(
  checkpoints: readonly Checkpoint[],
  spectrogram: Tensor<"f32">,
  options: FoldsOptions = {},
): Promise<Logits & Partial<Pick<Seams, "embeddings">>> {
  const [first] = checkpoints;
  if (first === undefined) throw new RangeError("Expected at least one fold to run, but got none");
  const session = options.session ?? await createNetworkSession(first, options);
  const means = AVERAGED.map(() => new Mean(checkpoints.length));
  const embeddings: Tensor<"f32">[] = [];
  // All folds write into one array, which takes 19 MB for an hour.
  const logits = new Float32Array(
    (3 + first.configuration.numLabels) * (spectrogram.shape[1] ?? 0),
  );
  try {
    for (const [fold, checkpoint] of checkpoints.entries()) {
      const output = await session.run(spectrogram, checkpoint, logits, options.signal);
      AVERAGED.forEach((name, i) => means[i]!.add(output[name]));
      if (output.embeddings && options.embeddings !== false) embeddings.push(output.embeddings);
      options.onProgress?.(fold);
    }
  } finally {
    if (options.session === undefined) await session.release();
  }
  const named = AVERAGED.map((name, i) => [name, means[i]!.tensor()]);
  release({ data: logits });
  return {
    ...Object.fromEntries(named) as Logits,
    ...(embeddings.length > 0 && { embeddings: await stack(embeddings) }),
  };
}

/** Running mean of tensors of one shape, element by element. */
class Mean {
  readonly #total: number;
  #shape: readonly number[] = [];
  /** Of a single tensor no sum is rounded. */
  #sums: Float64Array | Float32Array = new Float32Array();

  /** @param total number of tensors that will be added */
  constructor(total: number) {
    this.#total = total;
  }

  add({ shape, data }: Tensor<"f32">): void {
    if (this.#sums.length === 0) {
      this.#shape = shape;
      this.#sums = new (this.#total === 1 ? Float32Array : Float64Array)(data.length);
    }
    const sums = this.#sums;
    for (let i = 0; i < sums.length; i++) sums[i]! += data[i]!;
  }

  /** Returns the mean, once. */
  tensor(): Tensor<"f32"> {
    const sums = this.#sums;
    if (sums instanceof Float32Array) return tensor("f32", this.#shape, sums);
    const means = new Float32Array(sums.length);
    for (let i = 0; i < means.length; i++) means[i] = sums[i]! / this.#total;
    release({ data: sums });
    return tensor("f32", this.#shape, means);
  }
}

/** Elements that are moved at a time, in a few milliseconds; timers fire in between. */
const PIECE_ELEMENTS = 2 ** 19;

/** Stacks tensors of one shape along a new last axis; returns a single tensor as it is. */
async function stack(tensors: readonly Tensor<"f32">[]): Promise<Tensor<"f32">> {
  const [first] = tensors;
  if (first === undefined || tensors.length === 1) return first!;
  const count = tensors.length;
  const output = new Float32Array(first.data.length * count);
  for (let start = 0; start < first.data.length; start += PIECE_ELEMENTS) {
    const end = Math.min(first.data.length, start + PIECE_ELEMENTS);
    for (const [at, { data }] of tensors.entries()) {
      for (let i = start; i < end; i++) output[i * count + at] = data[i]!;
    }
    await setImmediate();
  }
  return tensor("f32", [...first.shape, tensors.length], output);
}
