/**
 * Segments over the span of the truth.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";

/** Labels of what is added, as mir_eval names it. */
const BEFORE = "__T_MIN";
const AFTER = "__T_MAX";

/**
 * Crops segments to a span and fills what is missing at its ends with segments of their own labels.
 *
 * mir_eval refuses segments that are left without length, which happens when one starts exactly where the truth ends;
 * here they are left out.
 *
 * @param segments in order
 * @param endSeconds end of the span, which starts at 0; the end of the last segment when absent
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

/** Where the last segment ends; 0 where there is none. */
export function endOf(segments: readonly Segment[]): number {
  return segments.reduce((latest, { end }) => Math.max(latest, end), 0);
}
