/**
 * How two results of one track differ, as musicians see it.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import type { Annotation } from "./annotation.ts";
import { BEAT_WINDOW_SECONDS } from "./beat_f_measure.ts";
import { BOUNDARY_WINDOWS_SECONDS } from "./boundary_f_measure.ts";
import { type EventDifferences, eventDifferences } from "./event_differences.ts";
import { type Scores, scoresOf } from "./scores.ts";

/** Where bars begin, compared by counting beats. */
export interface DownbeatPhase {
  /** By how many beats the bars of the second result begin later; 0 where they begin together. */
  readonly beats: number;
  /** The share of the first result's downbeats for which that holds, 0 to 1. */
  readonly share: number;
}

/** How two results differ; what one of them does not tell is null. */
export interface ResultDifferences {
  /** Beats a minute of both. */
  readonly bpm: { readonly expected: number | null; readonly actual: number | null };
  /** Paired within 70 ms. */
  readonly beats: EventDifferences;
  /** Paired within 70 ms. */
  readonly downbeats: EventDifferences | null;
  /** Null also where no downbeat can be paired. */
  readonly downbeatPhase: DownbeatPhase | null;
  /** Where one segment ends and the next begins, paired within half a second. */
  readonly boundaries: EventDifferences | null;
  /** The share of the time that both give one label, 0 to 1. */
  readonly sameLabel: number | null;
  /** mir_eval's measures, with the first result as the truth. */
  readonly scores: Scores;
}

/**
 * Compares two results.
 *
 * @param expected the first
 * @param actual the second
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

/** Whether nothing differs. */
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

/** The offset in beats that most of the first result's downbeats agree on. */
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

/** Boundaries between segments, without the start of the first and the end of the last. */
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
  // Sums of differences can be off in the last bit.
  return Math.abs(same - length) < 1e-9 * length ? 1 : same / length;
}
