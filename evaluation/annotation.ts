/**
 * Annotations: what is known of a track's beats, segments and tempo, either the truth or an estimate.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";

/** Beats, downbeats, segments and tempo of a track; null is unknown. */
export interface Annotation {
  /** Beats, `[n]` seconds, ascending. */
  readonly beats: readonly number[];
  /** Downbeats, `[n]` seconds, ascending. */
  readonly downbeats: readonly number[] | null;
  /** Position of each beat in its bar, from 1; absent where unknown. */
  readonly positions?: readonly number[];
  /** Segments in order, each longer than 0 s. */
  readonly segments: readonly Segment[] | null;
  /** Tempo in beats per minute. */
  readonly bpm: number | null;
}

/** Thrown when an annotation cannot be used; the message names the file, the key, and what was expected and found. */
export class AnnotationError extends Error {
  /** Class name, as in a stack trace. */
  override name = "AnnotationError";
}

/**
 * Returns the part of an annotation that lies in the first seconds of a track; the tempo is kept.
 *
 * @param annotation annotation of the whole track
 * @param seconds length of the part; undefined keeps everything
 */
export function firstSeconds(annotation: Annotation, seconds?: number): Annotation {
  if (seconds === undefined) return annotation;
  const isInside = (time: number): boolean => time < seconds;
  return {
    ...annotation,
    beats: annotation.beats.filter(isInside),
    downbeats: annotation.downbeats?.filter(isInside) ?? null,
    ...(annotation.positions && {
      positions: annotation.positions.filter((_, at) => isInside(annotation.beats[at]!)),
    }),
    segments: annotation.segments
      ?.filter(({ start }) => isInside(start))
      .map((segment) => ({ ...segment, end: Math.min(segment.end, seconds) })) ?? null,
  };
}
