/**
 * Runs several folds and averages them, as `harmonix-all` does.
 *
 * Source: `allin1.models.ensemble.Ensemble` (allin1 1.1.0).
 *
 * @module
 */

import type { Checkpoint } from "../../models/all_in_one/checkpoint.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Backend } from "./backend.ts";
import { createNativeNetworkSession } from "./native/network.ts";
import type { NetworkOutput, NetworkSession, SessionOptions } from "./onnx/network_session.ts";

/** How folds run; embeddings take 3 kB a frame for eight folds. */
export interface FoldsOptions extends SessionOptions {
  /** Who computes; `native` when absent. */
  readonly backend?: Backend;
  /** Called with a fold's index when it is done. */
  readonly onProgress?: (foldIndex: number) => void;
  /** A session to run in, which stays the caller's; one is made and released when absent. */
  readonly session?: NetworkSession;
}

/** The outputs that are averaged. */
export type LogitName = Exclude<keyof NetworkOutput, "embeddings">;

const LOGITS: readonly LogitName[] = [
  "logitsBeat",
  "logitsDownbeat",
  "logitsSection",
  "logitsFunction",
];

/** What folds give together. */
export interface FoldsOutput extends Pick<NetworkOutput, LogitName> {
  /** `[instruments, frames, width]` f32, with a last axis of folds when there are several. */
  readonly embeddings?: Tensor<"f32">;
}

/**
 * Makes a network ready to run on a backend. ONNX Runtime is loaded only for its own.
 *
 * @param checkpoint a fold of the configuration that will run
 * @param options who computes; number of threads; whether embeddings are wanted
 * @returns a session, to be released by the caller
 * @throws if the backend cannot be loaded
 */
export async function createNetworkSession(
  checkpoint: Checkpoint,
  options: Pick<FoldsOptions, "backend" | keyof SessionOptions> = {},
): Promise<NetworkSession> {
  if (options.backend === "onnx") {
    const { createOnnxNetworkSession } = await import("./onnx/network.ts");
    return await createOnnxNetworkSession(checkpoint, options);
  }
  return await createNativeNetworkSession(checkpoint, options);
}

/**
 * Runs folds one after the other in one session and joins what they give.
 *
 * @param checkpoints the folds, one or more, of the same sizes
 * @param spectrogram `[instruments, frames, bands]` f32, at least one frame
 * @param options who computes; number of threads; whether embeddings are wanted; progress
 * @returns the mean of the logits, summed in float64 and rounded once; the embeddings of all folds
 * @throws {RangeError} for no folds, or a spectrogram of another shape
 */
export async function runFolds(
  checkpoints: readonly Checkpoint[],
  spectrogram: Tensor<"f32">,
  options: FoldsOptions = {},
): Promise<FoldsOutput> {
  const [first] = checkpoints;
  if (first === undefined) throw new RangeError("Expected at least one fold to run, but got none");
  const session = options.session ?? await createNetworkSession(first, options);
  const means = LOGITS.map(() => new Mean());
  const embeddings: Tensor<"f32">[] = [];
  // Every fold writes into the same array: for an hour it takes 19 MB.
  const logits = new Float32Array(
    (3 + first.configuration.numLabels) * (spectrogram.shape[1] ?? 0),
  );
  try {
    for (const [fold, checkpoint] of checkpoints.entries()) {
      const output = await session.run(spectrogram, checkpoint, logits);
      LOGITS.forEach((name, i) => means[i]!.add(output[name]));
      if (output.embeddings && options.embeddings !== false) embeddings.push(output.embeddings);
      options.onProgress?.(fold);
    }
  } finally {
    if (options.session === undefined) await session.release();
  }
  const named = LOGITS.map((name, i) => [name, means[i]!.tensor()]);
  return {
    ...Object.fromEntries(named) as Pick<FoldsOutput, LogitName>,
    ...(embeddings.length > 0 && { embeddings: stack(embeddings) }),
  };
}

/** The mean of tensors of one shape, element by element, as they come. */
class Mean {
  #shape: readonly number[] = [];
  #sums = new Float64Array(0);
  #count = 0;

  add({ shape, data }: Tensor<"f32">): void {
    if (this.#count === 0) {
      this.#shape = shape;
      this.#sums = new Float64Array(data.length);
    }
    const sums = this.#sums;
    for (let i = 0; i < sums.length; i++) sums[i]! += data[i]!;
    this.#count++;
  }

  tensor(): Tensor<"f32"> {
    const means = new Float32Array(this.#sums.length);
    for (let i = 0; i < means.length; i++) means[i] = this.#sums[i]! / this.#count;
    return tensor("f32", this.#shape, means);
  }
}

/** Tensors of one shape along a new last axis; a single one stays as it is. */
function stack(tensors: readonly Tensor<"f32">[]): Tensor<"f32"> {
  const [first] = tensors;
  if (first === undefined || tensors.length === 1) return first!;
  const output = new Float32Array(first.data.length * tensors.length);
  for (const [at, { data }] of tensors.entries()) {
    for (let i = 0; i < data.length; i++) output[i * tensors.length + at] = data[i]!;
  }
  return tensor("f32", [...first.shape, tensors.length], output);
}
