/**
 * Differences of two results of one track in musical terms: moved, missing and inserted beats, boundaries and labels.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import type { Annotation } from "./annotation.ts";
import { BEAT_WINDOW_SECONDS } from "./beat_measures.ts";
import { type Scores, scoresOf } from "./scores.ts";
import { BOUNDARY_WINDOWS_SECONDS } from "./segment_measures.ts";

/** An event that both sequences have, at different times. */
export interface MovedEvent {
  /** Time in the first sequence, seconds. */
  readonly expected: number;
  /** Time in the second sequence, seconds. */
  readonly actual: number;
}

/** Differences of two sequences of events. */
export interface EventDifferences {
  /** Number of events that both sequences have at the same time. */
  readonly same: number;
  /** Events that both sequences have, at different times within the window. */
  readonly moved: readonly MovedEvent[];
  /** Times of the events that only the first sequence has, seconds. */
  readonly missing: readonly number[];
  /** Times of the events that only the second sequence has, seconds. */
  readonly inserted: readonly number[];
}

/** Largest difference of two equal times: one nanosecond, as in the seams. */
const SAME_SECONDS = 1e-9;

/**
 * Pairs the events of two sequences in order, as many as possible.
 *
 * @param expected `[n]` seconds, ascending
 * @param actual `[m]` seconds, ascending
 * @param windowSeconds largest distance of a pair
 * @returns paired and unpaired events
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { eventDifferences } from "./differences.ts";
 * deepStrictEqual(eventDifferences([0, 1, 2], [0, 1.01, 3], 0.07), {
 *   same: 1,
 *   moved: [{ expected: 1, actual: 1.01 }],
 *   missing: [2],
 *   inserted: [3],
 * });
 * ```
 */
export function eventDifferences(
  expected: readonly number[],
  actual: readonly number[],
  windowSeconds: number,
): EventDifferences {
  let same = 0;
  const moved: MovedEvent[] = [];
  const missing: number[] = [];
  const inserted: number[] = [];
  let next = 0;
  for (const time of actual) {
    while (next < expected.length && expected[next]! < time - windowSeconds) {
      missing.push(expected[next++]!);
    }
    const candidate = expected[next];
    if (candidate === undefined || candidate > time + windowSeconds) {
      inserted.push(time);
      continue;
    }
    if (Math.abs(candidate - time) <= SAME_SECONDS) same++;
    else moved.push({ expected: candidate, actual: time });
    next++;
  }
  return { same, moved, missing: [...missing, ...expected.slice(next)], inserted };
}

/** Offset of the bars of two results, counted in beats. */
export interface DownbeatPhase {
  /** Number of beats by which the bars of the second result start later; 0 if they start together. */
  readonly beats: number;
  /** Share of the first result's downbeats with this offset, 0 to 1. */
  readonly share: number;
}

/** Differences of two results; null where one of them has no such annotation. */
export interface ResultDifferences {
  /** Tempo of both, beats per minute. */
  readonly bpm: { readonly expected: number | null; readonly actual: number | null };
  /** Beats, paired within 70 ms. */
  readonly beats: EventDifferences;
  /** Downbeats, paired within 70 ms. */
  readonly downbeats: EventDifferences | null;
  /** Offset of the bars; null also if no downbeat can be paired. */
  readonly downbeatPhase: DownbeatPhase | null;
  /** Boundaries between segments, paired within half a second. */
  readonly boundaries: EventDifferences | null;
  /** Share of the time with the same label in both, 0 to 1. */
  readonly sameLabel: number | null;
  /** Measures of mir_eval with the first result as the truth. */
  readonly scores: Scores;
}

/**
 * Compares two results of one track.
 *
 * @param expected the first result
 * @param actual the second result
 */
export function resultDifferences(expected: Annotation, actual: Annotation): ResultDifferences {
  const [window] = BOUNDARY_WINDOWS_SECONDS;
  return {
    bpm: { expected: expected.bpm, actual: actual.bpm },
    beats: eventDifferences(expected.beats, actual.beats, BEAT_WINDOW_SECONDS),
    downbeats: expected.downbeats && actual.downbeats &&
      eventDifferences(expected.downbeats, actual.downbeats, BEAT_WINDOW_SECONDS),
    downbeatPhase: phase(expected, actual),
    boundaries: expected.segments && actual.segments &&
      eventDifferences(inner(expected.segments), inner(actual.segments), window),
    sameLabel: expected.segments && actual.segments &&
      sameLabelShare(expected.segments, actual.segments),
    scores: scoresOf(expected, actual),
  };
}

/** Returns whether two results have no differences. */
export function isSame(
  { bpm, beats, downbeats, boundaries, sameLabel }: ResultDifferences,
): boolean {
  return bpm.expected === bpm.actual && (sameLabel ?? 1) === 1 &&
    [beats, downbeats, boundaries].every(isUnchanged);
}

function isUnchanged(events: EventDifferences | null): boolean {
  return events === null ||
    events.moved.length + events.missing.length + events.inserted.length === 0;
}

/** Returns the most frequent offset in beats from the first result's downbeats to the second's. */
function phase(expected: Annotation, actual: Annotation): DownbeatPhase | null {
  const downbeats = expected.downbeats ?? [];
  const bars = actual.downbeats ?? [];
  if (downbeats.length === 0 || bars.length === 0) return null;
  const isDownbeat = new Set(bars);
  const votes = new Map<number, number>();
  for (const downbeat of downbeats) {
    const at = actual.beats.findIndex((time) => Math.abs(time - downbeat) <= BEAT_WINDOW_SECONDS);
    if (at < 0) continue;
    const later = actual.beats.slice(at).findIndex((time) => isDownbeat.has(time));
    if (later >= 0) votes.set(later, (votes.get(later) ?? 0) + 1);
  }
  const best = [...votes].sort((a, b) => b[1] - a[1])[0];
  return best === undefined ? null : { beats: best[0], share: best[1] / downbeats.length };
}

/** Returns the boundaries between segments, without the start of the first and the end of the last. */
function inner(segments: readonly Segment[]): number[] {
  return segments.slice(1).map(({ start }) => start);
}

function sameLabelShare(expected: readonly Segment[], actual: readonly Segment[]): number {
  const spans = [expected, actual].map((segments) => segments.at(-1)?.end ?? 0);
  const length = Math.max(...spans);
  if (length === 0) return 1;
  let same = 0;
  for (const one of expected) {
    for (const other of actual) {
      const overlap = Math.min(one.end, other.end) - Math.max(one.start, other.start);
      if (overlap > 0 && one.label === other.label) same += overlap;
    }
  }
  // Sums of differences have rounding errors.
  return Math.abs(same - length) < 1e-9 * length ? 1 : same / length;
}
