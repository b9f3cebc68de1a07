/**
 * How many boundaries of segments are right.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import { eventFMeasure, type FMeasure } from "./f_measure.ts";

/** The usual windows, seconds: half a second, and three. */
export const BOUNDARY_WINDOWS_SECONDS = [0.5, 3] as const;

/**
 * The hit rate of boundaries. The start and the end of the track count as boundaries, which is mir_eval's default
 * (`trim=False`); so there are always two that are easily found.
 *
 * @param reference segments from 0 to the end
 * @param estimate segments over the same span
 * @param windowSeconds largest distance of a hit, included
 * @returns all 0 where either is empty
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

/** Starts and ends in order, each once, rounded to five decimals. */
function boundaries(segments: readonly Segment[]): number[] {
  const times = segments.flatMap(({ start, end }) => [roundToFive(start), roundToFive(end)]);
  return [...new Set(times)].sort((a, b) => a - b);
}

/** As numpy rounds: half to even after multiplication. */
function roundToFive(seconds: number): number {
  const scaled = seconds * 1e5;
  const floor = Math.floor(scaled);
  const isHalf = scaled - floor === 0.5;
  return (isHalf ? floor + floor % 2 : Math.round(scaled)) / 1e5;
}
