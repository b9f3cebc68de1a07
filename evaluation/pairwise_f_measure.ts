/**
 * Whether the same parts of a track have the same label.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import { type FMeasure, fMeasure } from "./f_measure.ts";
import { endOf } from "./segment_span.ts";

/** Length of the frames whose labels are compared, seconds. */
export const PAIRWISE_FRAME_SECONDS = 0.1;

/** What mir_eval takes for the label of a frame in no segment, in lower case like all others. */
const NO_LABEL = "none";

/**
 * The F measure of pairs of frames: two frames with one label in the estimate should have one label in the
 * reference, whatever it is called. Labels that differ in case only are the same.
 *
 * @param reference segments from 0 to the end
 * @param estimate segments over the same span
 * @returns NaN where no two frames have the same label
 *
 * Source: mir_eval 0.8.2, `segment.pairwise`; Levy and Sandler, "Structural segmentation of musical audio by
 * constrained clustering", 2008.
 */
export function pairwiseFMeasure(
  reference: readonly Segment[],
  estimate: readonly Segment[],
): FMeasure {
  if (reference.length === 0 || estimate.length === 0) return fMeasure(0, 0);
  const truth = frameLabels(reference);
  const found = frameLabels(estimate);
  const both = truth.map((label, frame) => JSON.stringify([label, found[frame] ?? NO_LABEL]));
  const matches = pairs(both);
  return fMeasure(matches / pairs(found), matches / pairs(truth));
}

/** The label of each frame: of the last segment that reaches it. */
function frameLabels(segments: readonly Segment[]): string[] {
  const frames = Math.floor(endOf(segments) / PAIRWISE_FRAME_SECONDS);
  // mir_eval computes the times in 32 bits.
  const step = Math.fround(PAIRWISE_FRAME_SECONDS);
  const times = Float64Array.from({ length: frames }, (_, frame) => Math.fround(frame * step));
  const labels = Array<string>(frames).fill(NO_LABEL);
  for (const { start, end, label } of segments) {
    let frame = Math.max(0, Math.floor(start / PAIRWISE_FRAME_SECONDS) - 2);
    while (frame < frames && times[frame]! < start) frame++;
    for (; frame < frames && times[frame]! <= end; frame++) labels[frame] = label.toLowerCase();
  }
  return labels;
}

/** How many pairs of frames have the same label. */
function pairs(labels: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + count * (count - 1) / 2, 0);
}
