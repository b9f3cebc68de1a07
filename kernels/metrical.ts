/**
 * Decoding of beats from activations.
 *
 * @module
 */

import { invoke } from "./binding.ts";
import { DECODER_DEFAULTS, type DecoderOptions } from "./decoder_options.ts";
import { recorderHandle, type SeamRecorder } from "./seams.ts";

/** Beats in ascending time. */
export interface DecodedBeats {
  /** Times `[n]` f64, seconds. */
  readonly times: Float64Array;
  /** Positions in the bar `[n]` i32; 1 is the downbeat. */
  readonly positions: Int32Array;
  /** The length of the bars, and how clear it is; null where no sequence of beats is possible. */
  readonly metre: DecodedMetre | null;
}

/**
 * The length of the bars, and how well the best sequences with bars of other lengths explain each of them.
 *
 * A bar is explained by what the log probability of a sequence grows by in its frames. With equal prior probabilities
 * of the lengths, the found one has in each bar a posterior probability.
 */
export interface DecodedMetre {
  /** Beats in a bar. */
  readonly beatsPerBar: number;
  /** Whole bars; where there is none, all frames count as one. */
  readonly bars: number;
  /** Bars that the best sequence with bars of another length explains better. */
  readonly disagreeing: number;
  /** Mean posterior probability of the found length over the bars, 0 to 1. */
  readonly confidence: number;
}

/**
 * Finds the most probable beats.
 *
 * @param activations `[frames, 2]` f32, 100 frames a second: probability of a beat that is no downbeat, and of a
 * downbeat
 * @param threshold activations before the first and after the last that reaches it are ignored; 0 keeps all
 * @param options tempi and bars; allin1's by default
 * @param recorder records `span` `[2]` f64, the first of the frames that take part and the one after the last;
 * `log_densities` `[frames that take part, 3]` f64, outside beats, of a beat and of a downbeat; and `scores` `[metres]` f64,
 * the log probability of the best path for each length of the bar; the last two are empty where no frame takes part
 * @returns the beats, none where no activation reaches the threshold
 * @throws {KernelError} if an option is out of range
 */
export async function decodeBeats(
  activations: Float32Array,
  threshold: number,
  options: DecoderOptions = DECODER_DEFAULTS,
  recorder?: SeamRecorder,
): Promise<DecodedBeats> {
  const frames = Math.floor(activations.length / 2);
  const times = new Float64Array(frames);
  const positions = new Int32Array(frames);
  const found = new Float64Array(5);
  await invoke(
    "tactus_beats",
    activations,
    threshold,
    options.minBpm,
    options.maxBpm,
    options.transitionLambda,
    Uint32Array.from(options.beatsPerBar),
    times,
    positions,
    found,
    recorderHandle(recorder),
  );
  const [count = 0, beatsPerBar = 0, bars = 0, disagreeing = 0, confidence = 0] = found;
  return {
    times: times.slice(0, count),
    positions: positions.slice(0, count),
    metre: beatsPerBar === 0 ? null : { beatsPerBar, bars, disagreeing, confidence },
  };
}
