/**
 * Stage: spectrograms to logits, by the All-In-One network.
 *
 * @module
 */

import type { Checkpoint } from "../models/all_in_one/parameters.ts";
import type { ComputeOptions } from "./backends/backend.ts";
import { runFolds } from "./backends/network_folds.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Logits, Seams } from "./seams.ts";

/** Weights of one or more folds, whose logits are averaged. */
export interface NetworkModel {
  /** Name in the registry, such as `harmonix-all`. */
  readonly name: string;
  /** The folds. */
  readonly checkpoints: readonly Checkpoint[];
  /** Mean over the folds of the threshold on downbeat activations. */
  readonly thresholdDownbeat: number;
}

/** Options of the stage. */
export interface NetworkOptions {
  /** Whether embeddings are returned. */
  readonly embeddings: boolean;
  /** Backend, device and threads. */
  readonly compute?: ComputeOptions;
  /** Aborts the run. */
  readonly signal?: AbortSignal;
  /** Called when a fold is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Joins folds into a model.
 *
 * @param name name in the registry
 * @param checkpoints one or more folds
 */
export function networkModel(name: string, checkpoints: readonly Checkpoint[]): NetworkModel {
  // A missing threshold is 0 to the decoder.
  const thresholds = checkpoints.map(({ configuration }) =>
    configuration.bestThresholdDownbeat ?? 0
  );
  const sum = thresholds.reduce((total, threshold) => total + threshold, 0);
  return { name, checkpoints, thresholdDownbeat: sum / checkpoints.length };
}

/**
 * Runs every fold over the whole track and averages their logits.
 *
 * @param model the folds
 * @param spectrogram `[4, frames, 81]` f32; bass, drums, other, vocals; one frame or more
 * @returns logits `[frames]` and, of `logits.function`, `[10, frames]` f32; `embeddings`
 * `[4, frames, 24]` f32, with a last axis of folds when there are several, where they are asked for
 * @throws {RangeError} if the spectrogram has another shape or no frames
 *
 * Source: allin1 1.1.0, `models/ensemble.py`.
 */
export async function network(
  model: NetworkModel,
  spectrogram: Tensor<"f32">,
  options: NetworkOptions,
): Promise<Logits & Partial<Pick<Seams, "embeddings">>> {
  const folds = model.checkpoints.length;
  return await runFolds(model.checkpoints, spectrogram, {
    embeddings: options.embeddings,
    ...(options.compute && { compute: options.compute }),
    ...(options.signal && { signal: options.signal }),
    onProgress: (fold) => options.onProgress?.(fold + 1, folds),
  });
}
