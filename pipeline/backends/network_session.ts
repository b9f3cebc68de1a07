/**
 * The session of a network, which every backend implements.
 *
 * @module
 */

import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import type { AllInOneConfiguration } from "../../models/all_in_one/configuration.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Logits, Seams } from "../seams.ts";
import type { ComputeOptions } from "./backend.ts";

/**
 * Output of one fold: logits `[frames]` f32, of `logits.function` `[labels, frames]` f32; `embeddings`
 * `[instruments, frames, width]` f32 after the last norm, where they are asked for.
 */
export type NetworkOutput = Logits & Partial<Pick<Seams, "embeddings">>;

/** Options of a session. */
export interface NetworkSessionOptions {
  /** Backend, device and threads. */
  readonly compute?: ComputeOptions;
  /** Whether embeddings are returned: they take 384 bytes a frame and fold. True by default. */
  readonly embeddings?: boolean;
}

/** A network that is ready to run with the weights of any fold of one configuration. */
export interface NetworkSession {
  /**
   * Runs a fold.
   *
   * @param spectrogram [instruments, frames, bands] f32, at least one frame
   * @param checkpoint the fold's weights, of the session's configuration; those it was made with when absent
   * @param logits [3 + labels, frames] f32, what the logits are written into; a new array when absent
   * @param signal aborts the run
   * @returns logits and embeddings
   * @throws {RangeError} for another shape, or a fold of other sizes
   */
  run(
    spectrogram: Tensor<"f32">,
    checkpoint?: Checkpoint,
    logits?: Float32Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<NetworkOutput>;
  /** Frees the network's memory; it cannot run again. */
  release(): Promise<void>;
}

/**
 * Checks the input of a session.
 *
 * @param own the checkpoint that the session was made with
 * @param fold the fold to run
 * @param spectrogram [instruments, frames, bands] f32, at least one frame
 * @returns the number of frames
 * @throws {RangeError} for another shape, or a fold of other sizes
 */
export function checkRun(own: Checkpoint, fold: Checkpoint, spectrogram: Tensor<"f32">): number {
  if (networkSizes(fold) !== networkSizes(own)) {
    throw new RangeError(`${fold.name} does not have the sizes of ${own.name}`);
  }
  const { numInstruments, dimInput } = fold.configuration;
  const { shape } = spectrogram;
  const [instruments, frames, bands] = shape;
  const fits = shape.length === 3 && instruments === numInstruments && bands === dimInput;
  if (!fits || frames === undefined || frames < 1) {
    throw new RangeError(
      `${fold.name} needs a spectrogram [${numInstruments}, 1 or more frames, ${dimInput}], ` +
        `but got [${shape.join(", ")}]`,
    );
  }
  return frames;
}

/** Returns the sizes of a network as text: its configuration without fold number and thresholds. */
function networkSizes({ configuration }: Checkpoint): string {
  const { fold: _fold, bestThresholdBeat: _beat, bestThresholdDownbeat: _downbeat, ...sizes } =
    configuration;
  return JSON.stringify(sizes);
}

/**
 * Names the rows of the logits.
 *
 * @param configuration sizes of the network
 * @param frames of the track
 * @param logits [3 + labels, frames] f32, rows beat, downbeat, section, then the functions
 * @param embeddings [instruments, frames, width] f32, or empty
 */
export function networkOutput(
  { numLabels, numInstruments, dimEmbed }: AllInOneConfiguration,
  frames: number,
  logits: Float32Array<ArrayBuffer>,
  embeddings: Float32Array<ArrayBuffer>,
): NetworkOutput {
  const row = (index: number): Tensor<"f32"> =>
    tensor("f32", [frames], logits.subarray(index * frames, (index + 1) * frames));
  return {
    "logits.beat": row(0),
    "logits.downbeat": row(1),
    "logits.section": row(2),
    "logits.function": tensor("f32", [numLabels, frames], logits.subarray(3 * frames)),
    ...(embeddings.length > 0 && {
      embeddings: tensor("f32", [numInstruments, frames, dimEmbed], embeddings),
    }),
  };
}
