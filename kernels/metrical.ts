/**
 * Decoding of beats from activations.
 *
 * @module
 */

import { invoke } from "./binding.ts";
import { recorderHandle, type SeamRecorder } from "./seams.ts";

/** Beats in ascending time. */
export interface DecodedBeats {
  /** Times `[n]` f64, seconds. */
  readonly times: Float64Array;
  /** Positions in the bar `[n]` i32; 1 is the downbeat. */
  readonly positions: Int32Array;
}

/**
 * Finds the most probable beats.
 *
 * @param activations `[frames, 2]` f32, 100 frames a second: probability of a beat that is no downbeat, and of a
 * downbeat
 * @param threshold activations before the first and after the last that reaches it are ignored; 0 keeps all
 * @param recorder records `log_densities` `[frames that take part, 3]` f64, outside beats, of a beat and of a
 * downbeat, and `scores` `[2]` f64, the log probability of the best path with 3 and with 4 beats in a bar; both are
 * empty where no frame takes part
 * @returns the beats, none where no activation reaches the threshold
 */
export async function decodeBeats(
  activations: Float32Array,
  threshold: number,
  recorder?: SeamRecorder,
): Promise<DecodedBeats> {
  const frames = Math.floor(activations.length / 2);
  const times = new Float64Array(frames);
  const positions = new Int32Array(frames);
  const count = new BigUint64Array(1);
  const seams = recorderHandle(recorder);
  await invoke("tactus_beats", activations, threshold, times, positions, count, seams);
  const found = Number(count[0]);
  return { times: times.slice(0, found), positions: positions.slice(0, found) };
}
