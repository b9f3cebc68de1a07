/**
 * Measures of segments: boundaries and labels, as mir_eval 0.8.2 defines them.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import { eventFMeasure, type FMeasure, fMeasure } from "./beat_measures.ts";

/** Windows of the boundary measures, seconds: 0.5 and 3, as is usual. */
export const BOUNDARY_WINDOWS_SECONDS = [0.5, 3] as const;

/**
 * Computes the hit rate of boundaries. The start and the end of the track count as boundaries, mir_eval's default
 * (`trim=False`), so two boundaries are always easy to find.
 *
 * @param reference segments from 0 to the end
 * @param estimate segments over the same span
 * @param windowSeconds largest distance of a hit, inclusive
 * @returns precision, recall and F; all 0 if either list is empty
 *
 * Source: mir_eval 0.8.2, `segment.detection`.
 */
export function boundaryFMeasure(
  reference: readonly Segment[],
  estimate: readonly Segment[],
  windowSeconds: number,
): FMeasure {
  return eventFMeasure(boundaries(reference), boundaries(estimate), windowSeconds);
}

/** Returns starts and ends in ascending order, each once, rounded to five decimals. */
function boundaries(segments: readonly Segment[]): number[] {
  const times = segments.flatMap(({ start, end }) => [roundToFive(start), roundToFive(end)]);
  return [...new Set(times)].sort((a, b) => a - b);
}

/** Rounds like numpy: half to even after multiplication. */
function roundToFive(seconds: number): number {
  const scaled = seconds * 1e5;
  const floor = Math.floor(scaled);
  const isHalf = scaled - floor === 0.5;
  return (isHalf ? floor + floor % 2 : Math.round(scaled)) / 1e5;
}

/** Length of the frames whose labels are compared, seconds. */
export const PAIRWISE_FRAME_SECONDS = 0.1;

/** Label that mir_eval gives a frame outside all segments, in lower case like all labels. */
const NO_LABEL = "none";

/**
 * Computes the F measure of pairs of frames with equal labels: two frames with the same label in the estimate should
 * have the same label in the reference. The names of the labels do not matter; case is ignored.
 *
 * @param reference segments from 0 to the end
 * @param estimate segments over the same span
 * @returns precision, recall and F; NaN if no two frames have the same label
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

/** Returns the label of each frame, that of the last segment that reaches it. */
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

/** Counts the pairs of frames with the same label. */
function pairs(labels: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + count * (count - 1) / 2, 0);
}

/** Labels of the added segments, as in mir_eval. */
const BEFORE = "__T_MIN";
const AFTER = "__T_MAX";

/**
 * Crops segments to a span and fills gaps at both ends with segments of their own labels.
 *
 * A segment that starts exactly at the end of the span has no length left; it is dropped, where mir_eval raises an error.
 *
 * @param segments in order
 * @param endSeconds end of the span, which starts at 0; the end of the last segment by default
 * @returns segments without gaps at either end
 *
 * Source: mir_eval 0.8.2, `util.adjust_intervals` as `segment.evaluate` calls it.
 */
export function spanning(segments: readonly Segment[], endSeconds?: number): Segment[] {
  const span = endSeconds ?? endOf(segments);
  const cropped = segments
    .map(({ start, end, label }) => ({
      start: Math.max(start, 0),
      end: Math.min(end, span),
      label,
    }))
    .filter(({ start, end }) => end > start);
  const [first] = cropped;
  if (first === undefined) return span > 0 ? [{ start: 0, end: span, label: BEFORE }] : [];
  if (first.start > 0) cropped.unshift({ start: 0, end: first.start, label: BEFORE });
  const end = endOf(cropped);
  if (end < span) cropped.push({ start: end, end: span, label: AFTER });
  return cropped;
}

/** Returns the end of the last segment in seconds, 0 for an empty list. */
export function endOf(segments: readonly Segment[]): number {
  return segments.reduce((latest, { end }) => Math.max(latest, end), 0);
}
