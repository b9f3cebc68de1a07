/**
 * How many beats, or downbeats, are right.
 *
 * @module
 */

import { eventFMeasure } from "./f_measure.ts";

/** Beats this far apart are the same, seconds. */
export const BEAT_WINDOW_SECONDS = 0.07;

/** Beats before this do not count: a listener needs that long to find the tempo. */
export const TRIM_SECONDS = 5;

/**
 * Leaves out the beats of the first five seconds, as mir_eval does before it measures beats.
 *
 * @param beats `[n]` seconds
 *
 * Source: mir_eval 0.8.2, `beat.trim_beats`.
 */
export function trimBeats(beats: readonly number[]): number[] {
  return beats.filter((time) => time >= TRIM_SECONDS);
}

/**
 * The F measure of beats, or of downbeats, within 70 ms.
 *
 * @param reference `[n]` seconds, ascending, trimmed
 * @param estimate `[m]` seconds, ascending, trimmed
 * @returns 0 to 1; 0 where either is empty
 *
 * Source: mir_eval 0.8.2, `beat.f_measure`.
 */
export function beatFMeasure(reference: readonly number[], estimate: readonly number[]): number {
  return eventFMeasure(reference, estimate, BEAT_WINDOW_SECONDS).f;
}
