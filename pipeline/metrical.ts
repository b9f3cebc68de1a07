/**
 * Stage: beat and downbeat probabilities to beats, their positions in the bar, and the tempo.
 *
 * @module
 */

import {
  decodeBeats,
  type DecodedMetre,
  DECODER_DEFAULTS,
  type DecoderOptions,
  recordSeams,
} from "../kernels/mod.ts";
import type { InnerSeamObserver } from "./inner_seam_observer.ts";
import { tempo } from "./tempo.ts";
import type { Seams } from "./seams.ts";
import { tensor } from "../core/tensor.ts";

/** Search for beats in `[frames, 2]` activations, between the first and the last that reach the threshold. */
export type BeatDecoder = typeof decodeBeats;

/** How beats are searched for, and what else is to be told of them. */
export interface MetricalOptions {
  /** Tempi and bars; allin1's by default. */
  readonly decoder?: DecoderOptions;
  /** Receives the length of the bars; null where no sequence of beats is possible. */
  readonly onMetre?: (metre: DecodedMetre | null) => void;
  /**
   * Receives the decoder's input `decoder_input`, `[frames, 2]` f32, and what the decoder records: `span`,
   * `log_densities` and `scores`.
   */
  readonly observe?: InnerSeamObserver;
}

/** Lower limit of the probability of a beat that is no downbeat. */
const FLOOR = Math.fround(1e-8);

/**
 * Finds the most probable beats; by default under bars of three or four beats at 55 to 215 beats a minute.
 *
 * @param activations `activations.beat` and `activations.downbeat`, `[frames]` f32, 100 frames/s
 * @param threshold the search covers the span from the first to the last frame that reaches it
 * @param options tempi and bars, and a receiver of the metre
 * @param search search for beats; the kernels' by default
 * @returns `beats` `[n]` f64 in seconds, `beat_positions` `[n]` i32, and `bpm` `[1]` i32, or `[0]`
 * when there are fewer than two beats
 *
 * Source: allin1 1.1.0, `postprocessing/metrical.py` and `postprocessing/tempo.py`.
 */
export async function metrical(
  activations: Pick<Seams, "activations.beat" | "activations.downbeat">,
  threshold: number,
  options: MetricalOptions = {},
  search: BeatDecoder = decodeBeats,
): Promise<Pick<Seams, "beats" | "beat_positions" | "bpm">> {
  const input = decoderInput(
    activations["activations.beat"].data,
    activations["activations.downbeat"].data,
  );
  const { decoder = DECODER_DEFAULTS, onMetre, observe } = options;
  observe?.("decoder_input", tensor("f32", [input.length / 2, 2], input));
  const decode = observe === undefined ? search : observed(search, observe);
  const { times, positions, metre } = await decode(input, threshold, decoder);
  onMetre?.(metre);
  const bpm = tempo(times);
  return {
    beats: tensor("f64", [times.length], times),
    beat_positions: tensor("i32", [positions.length], positions),
    bpm: bpm === null
      ? tensor("i32", [0], new Int32Array())
      : tensor("i32", [1], Int32Array.of(bpm)),
  };
}

/** Returns a search that also passes on its inner seams. */
function observed(search: BeatDecoder, observe: InnerSeamObserver): BeatDecoder {
  return async (activations, threshold, options) => {
    const found: Awaited<ReturnType<BeatDecoder>>[] = [];
    const seams = await recordSeams(async (recorder) =>
      found.push(await search(activations, threshold, options, recorder))
    );
    for (const [name, values] of seams) observe(name, values);
    return found[0]!;
  };
}

/**
 * Computes the decoder's input: the shares of "beat but no downbeat" and "downbeat" among these two
 * and "neither". Every operation is rounded to float32, as upstream's are.
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
