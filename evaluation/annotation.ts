/**
 * What is said about a track: the truth, or an estimate.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";

/** Beats and what else is known; null is unknown. */
export interface Annotation {
  /** Seconds, ascending. */
  readonly beats: readonly number[];
  /** Seconds, ascending. */
  readonly downbeats: readonly number[] | null;
  /** In order, each longer than 0. */
  readonly segments: readonly Segment[] | null;
  /** Beats a minute. */
  readonly bpm: number | null;
}

/** An annotation cannot be used; the message names the file and says what is wrong in it. */
export class AnnotationError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "AnnotationError";
}

/**
 * The part of an annotation that lies in the first seconds of a track; the tempo stays as it is.
 *
 * @param annotation of the whole track
 * @param seconds how many; absent for all
 */
export function firstSeconds(annotation: Annotation, seconds?: number): Annotation {
  if (seconds === undefined) return annotation;
  const isHeard = (time: number): boolean => time < seconds;
  return {
    ...annotation,
    beats: annotation.beats.filter(isHeard),
    downbeats: annotation.downbeats?.filter(isHeard) ?? null,
    segments: annotation.segments
      ?.filter(({ start }) => isHeard(start))
      .map((segment) => ({ ...segment, end: Math.min(segment.end, seconds) })) ?? null,
  };
}
