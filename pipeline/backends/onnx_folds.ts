/**
 * Runs several folds and averages them, as `harmonix-all` does.
 *
 * Source: `allin1.models.ensemble.Ensemble` (allin1 1.1.0).
 *
 * @module
 */

import type { Checkpoint } from "../../models/checkpoint.ts";
import { type Tensor, tensor } from "../tensor.ts";
import {
  createNetworkSession,
  type NetworkOutput,
  type NetworkSession,
  type SessionOptions,
} from "./onnx.ts";

/** How folds run. */
export interface FoldsOptions extends SessionOptions {
  /**
   * Whether embeddings are kept, stacked and returned: for eight folds they take 3 kB a frame. True
   * when absent.
   */
  readonly embeddings?: boolean;
  /** Called with a fold's index when it is done. */
  readonly onProgress?: (foldIndex: number) => void;
  /** A session to run in, which stays the caller's; one is made and released when absent. */
  readonly session?: NetworkSession;
}

/** The outputs that are averaged. */
export type LogitName = Exclude<keyof NetworkOutput, "embeddings">;

/** What folds give together. */
export interface FoldsOutput extends Pick<NetworkOutput, LogitName> {
  /** `[instruments, frames, width]` f32, with a last axis of folds when there are several. */
  readonly embeddings?: Tensor<"f32">;
}

/**
 * Runs folds one after the other in one session and joins what they give.
 *
 * @param checkpoints the folds, one or more, of the same sizes
 * @param spectrogram `[instruments, frames, bands]` f32, at least one frame
 * @param options number of threads; whether embeddings are wanted; progress
 * @returns the mean of the logits, summed in float64 and rounded once; the embeddings of all folds
 * @throws {RangeError} for no folds, or a spectrogram of another shape
 */
export async function runFolds(
  checkpoints: readonly Checkpoint[],
  spectrogram: Tensor<"f32">,
  options: FoldsOptions = {},
): Promise<FoldsOutput> {
  const outputs = await runAll(checkpoints, spectrogram, options);
  const mean = (name: LogitName): Tensor<"f32"> => meanOf(outputs.map((output) => output[name]));
  const embeddings = outputs.flatMap((output) => output.embeddings ?? []);
  return {
    logitsBeat: mean("logitsBeat"),
    logitsDownbeat: mean("logitsDownbeat"),
    logitsSection: mean("logitsSection"),
    logitsFunction: mean("logitsFunction"),
    ...(embeddings.length > 0 && { embeddings: stack(embeddings) }),
  };
}

async function runAll(
  checkpoints: readonly Checkpoint[],
  spectrogram: Tensor<"f32">,
  options: FoldsOptions,
): Promise<FoldsOutput[]> {
  const [first] = checkpoints;
  if (first === undefined) throw new RangeError("Expected at least one fold to run, but got none");
  const session = options.session ?? await createNetworkSession(first, options);
  const outputs: FoldsOutput[] = [];
  try {
    for (const [fold, checkpoint] of checkpoints.entries()) {
      const { embeddings, ...logits } = await session.run(spectrogram, checkpoint);
      outputs.push(options.embeddings === false ? logits : { ...logits, embeddings });
      options.onProgress?.(fold);
    }
  } finally {
    if (options.session === undefined) await session.release();
  }
  return outputs;
}

/** The mean of tensors of one shape, element by element. */
function meanOf(tensors: readonly Tensor<"f32">[]): Tensor<"f32"> {
  const shape = tensors[0]?.shape ?? [];
  const sums = new Float64Array(tensors[0]?.data.length ?? 0);
  for (const { data } of tensors) {
    for (let i = 0; i < sums.length; i++) sums[i]! += data[i]!;
  }
  return tensor("f32", shape, Float32Array.from(sums, (sum) => sum / tensors.length));
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
