/**
 * Segments that fit bars: boundaries on downbeats, fewer and longer segments.
 *
 * @module
 */

import type { Segment } from "./result_types.ts";

/** Changes of the segments, in the order in which they are made; by default none is. */
export interface SegmentOptions {
  /** Moves each boundary between two segments to the nearest downbeat. */
  readonly snap?: "downbeat";
  /** Joins neighbours of one label; also after the next change. */
  readonly merge?: boolean;
  /** Gives each segment that is shorter, the shortest first, to its longer neighbour, seconds. */
  readonly minSegmentSeconds?: number;
}

/**
 * Changes segments. Start and end of the whole stay where they are.
 *
 * @param segments segments in order, without gaps
 * @param downbeats times in seconds, ascending
 * @param options changes to make
 */
export function fitSegments(
  segments: readonly Segment[],
  downbeats: readonly number[],
  options: SegmentOptions,
): Segment[] {
  const { snap, merge = false, minSegmentSeconds = 0 } = options;
  const snapped = snap === undefined ? segments : snapToDownbeats(segments, downbeats);
  const merged = merge ? mergeNeighbours(snapped) : snapped;
  const long = withoutShort(merged, minSegmentSeconds);
  return merge ? mergeNeighbours(long) : long;
}

/**
 * Moves boundaries to the nearest downbeats, the earlier of two that are as near. A segment that keeps no time is left out, and
 * the next one begins where it began.
 */
function snapToDownbeats(segments: readonly Segment[], downbeats: readonly number[]): Segment[] {
  const end = segments.at(-1)?.end ?? 0;
  const inside = downbeats.filter((time) => time > (segments[0]?.start ?? 0) && time < end);
  const nearest = (time: number): number =>
    inside.reduce(
      (best, one) => Math.abs(one - time) < Math.abs(best - time) ? one : best,
      inside[0] ?? time,
    );
  const starts = segments.map(({ start }, at) => at === 0 ? start : nearest(start));
  return segments
    .map((segment, at) => ({ ...segment, start: starts[at]!, end: starts[at + 1] ?? end }))
    .filter(({ start, end }) => end > start);
}

function mergeNeighbours(segments: readonly Segment[]): Segment[] {
  const merged: Segment[] = [];
  for (const segment of segments) {
    const last = merged.at(-1);
    if (last?.label === segment.label) merged[merged.length - 1] = { ...last, end: segment.end };
    else merged.push(segment);
  }
  return merged;
}

function withoutShort(segments: readonly Segment[], leastSeconds: number): Segment[] {
  const kept = [...segments];
  const length = (segment: Segment | undefined): number =>
    segment === undefined ? -Infinity : segment.end - segment.start;
  while (kept.length > 1) {
    const lengths = kept.map(length);
    const shortest = Math.min(...lengths);
    if (shortest >= leastSeconds) break;
    const at = lengths.indexOf(shortest);
    const [before, short, after] = [kept[at - 1], kept[at]!, kept[at + 1]];
    if (length(before) >= length(after)) kept.splice(at - 1, 2, { ...before!, end: short.end });
    else kept.splice(at, 2, { ...after!, start: short.start });
  }
  return kept;
}
