/**
 * Stage: beat and downbeat probabilities to beats, their positions in the bar, and the tempo.
 *
 * @module
 */

import { decodeBeats } from "../kernels/kernels.ts";
import { tempo } from "./tempo.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/** What the stage makes. */
export interface Metrical {
  /** `[n]` f64, seconds, ascending. */
  readonly beats: Tensor<"f64">;
  /** `[n]` i32, 1 = downbeat. */
  readonly positions: Tensor<"i32">;
  /** `[1]` i32, beats a minute; `[0]` when there are fewer than two beats. */
  readonly bpm: Tensor<"i32">;
}

/** Finds beats in `[frames, 2]` activations, between the first and the last that reach the threshold. */
export type BeatDecoder = typeof decodeBeats;

/** The least probability of a beat that is no downbeat. */
const FLOOR = Math.fround(1e-8);

/**
 * Finds the most probable beats under bars of three or four beats at 55 to 215 beats a minute.
 *
 * @param beat `[frames]` f32, probability, 100 frames/s
 * @param downbeat `[frames]` f32, probability
 * @param threshold beats are looked for between the first and the last frame that reaches it
 * @param decode who searches; our kernels when absent
 * @returns beats, positions and tempo; empty where nothing reaches the threshold
 *
 * Source: allin1 1.1.0, `postprocessing/metrical.py` and `postprocessing/tempo.py`.
 */
export async function metrical(
  beat: Tensor<"f32">,
  downbeat: Tensor<"f32">,
  threshold: number,
  decode: BeatDecoder = decodeBeats,
): Promise<Metrical> {
  const { times, positions } = await decode(decoderInput(beat.data, downbeat.data), threshold);
  const bpm = tempo(times);
  return {
    beats: tensor("f64", [times.length], times),
    positions: tensor("i32", [positions.length], positions),
    bpm: bpm === null
      ? tensor("i32", [0], new Int32Array())
      : tensor("i32", [1], Int32Array.of(bpm)),
  };
}

/**
 * What the decoder is fed: the shares of "beat but no downbeat" and "downbeat" among these two and "neither", with every step
 * rounded to float32 as upstream's are.
 *
 * @param beat `[frames]` f32, probability
 * @param downbeat `[frames]` f32, probability
 * @returns `[frames, 2]` f32
 *
 * Source: allin1 1.1.0, `postprocessing/metrical.py`.
 */
export function decoderInput(
  beat: Float32Array,
  downbeat: Float32Array,
): Float32Array<ArrayBuffer> {
  const f = Math.fround;
  const output = new Float32Array(2 * beat.length);
  for (let frame = 0; frame < beat.length; frame++) {
    const b = beat[frame] ?? NaN;
    const d = downbeat[frame] ?? NaN;
    const other = Math.max(FLOOR, f(b - d));
    const neither = f(f(f(1 - b) + f(1 - d)) / 2);
    const sum = f(f(other + d) + neither);
    output[2 * frame] = other / sum;
    output[2 * frame + 1] = d / sum;
  }
  return output;
}
