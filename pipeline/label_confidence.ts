/**
 * How sure the network is of the labels of segments.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import { EMBEDDED, UNSURE_LABEL } from "../models/embedded/embedded.ts";
import { LABELS } from "./functional.ts";
import type { AnalysisResult, Segment } from "./result_types.ts";
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

/**
 * Tells of each segment whether its label is unsure: given by the embedded model with a confidence below its calibrated
 * threshold. Other models have no threshold.
 *
 * @param result the analysis; one of allin1 has no provenance
 * @returns one answer for each segment
 */
export function unsureLabels(
  result: Pick<AnalysisResult, "segments" | "label_confidence"> & {
    provenance?: Pick<AnalysisResult["provenance"], "model">;
  },
): boolean[] {
  const isEmbedded = result.provenance?.model === EMBEDDED;
  return result.segments.map((_, segment) =>
    isEmbedded && (result.label_confidence[segment] ?? 1) < UNSURE_LABEL
  );
}
