/**
 * How sure the network is of the labels of segments.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import { LABELS } from "./functional.ts";
import type { Segment } from "./result_types.ts";
import { FRAMES_PER_SECOND } from "./spectrogram.ts";

/**
 * Returns the mean probability of each segment's label over the frames of the segment.
 *
 * @param segments segments, seconds of the track
 * @param probabilities `[10, frames]` f32, probability of each label, 100 frames/s
 * @param startSeconds time in the track at which the frames begin
 * @returns one probability, 0 to 1, for each segment
 */
export function labelConfidences(
  segments: readonly Segment[],
  probabilities: Tensor<"f32">,
  startSeconds = 0,
): number[] {
  const [, frames = 0] = probabilities.shape;
  const frameOf = (seconds: number): number =>
    Math.round((seconds - startSeconds) * FRAMES_PER_SECOND);
  return segments.map(({ start, end, label }) => {
    const row = (LABELS as readonly string[]).indexOf(label) * frames;
    const own = probabilities.data.subarray(
      row + frameOf(start),
      row + Math.min(frames, frameOf(end)),
    );
    const sum = own.reduce((total, probability) => total + probability, 0);
    return Math.min(1, sum / own.length);
  });
}
