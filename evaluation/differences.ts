/**
 * Differences of two results of one track in musical terms: moved, missing and inserted beats, boundaries and labels.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import type { Segment } from "../pipeline/result.ts";
import type { Annotation } from "./annotation.ts";
import { BEAT_WINDOW_SECONDS } from "./beat_measures.ts";
import { scoresSchema } from "./report.ts";
import { scoresOf } from "./scores.ts";
import { BOUNDARY_WINDOWS_SECONDS } from "./segment_measures.ts";

const time = z.number();
const share = z.number().min(0).max(1);

const movedEvent = z.strictObject({
  expected: time.describe("Time in the first sequence, seconds"),
  actual: time.describe("Time in the second sequence, seconds"),
});

const events = z.strictObject({
  same: z.int().min(0).describe("Number of events that both sequences have at the same time"),
  moved: z.array(movedEvent)
    .describe("Events that both sequences have, at different times within the window"),
  missing: z.array(time)
    .describe("Times of the events that only the first sequence has, seconds"),
  inserted: z.array(time)
    .describe("Times of the events that only the second sequence has, seconds"),
}).meta({ id: "events", description: "Differences of two sequences of events" });

const downbeatPhase = z.strictObject({
  beats: z.int().min(0).describe(
    "Number of beats by which the bars of the second result start later; 0 if they start together",
  ),
  share: share.describe("Share of the first result's downbeats with this offset"),
});

const positionDifference = z.strictObject({
  time: time.describe("Time in the first result, seconds"),
  expected: z.int().min(1).describe("Position in the first result, from 1"),
  actual: z.int().min(1).describe("Position in the second result"),
}).meta({ id: "positionDifference" });

const tempo = z.number().nullable();

const differences = z.strictObject({
  bpm: z.strictObject({ expected: tempo, actual: tempo })
    .describe("Tempo of both, beats per minute"),
  beats: events.describe("Beats, paired within 70 ms"),
  downbeats: events.nullable().describe("Downbeats, paired within 70 ms"),
  positions: z.strictObject({
    same: z.int().min(0).describe("Number of paired beats with the same position in the bar"),
    different: z.array(positionDifference).describe("Paired beats with different positions"),
  }).nullable().describe("Positions in the bar of the beats that both results have"),
  downbeatPhase: downbeatPhase.nullable()
    .describe("Offset of the bars; null also if no downbeat can be paired"),
  boundaries: events.nullable()
    .describe("Boundaries between segments, paired within half a second"),
  sameLabel: share.nullable().describe("Share of the time with the same label in both"),
  scores: scoresSchema.describe("Measures of mir_eval with the first result as the truth"),
});

/**
 * Schema of {@linkcode DifferencesDocument}, as `parity beats --export-json` writes it.
 *
 * @internal
 */
export const differencesSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  expected: z.string().describe("Path of the first result"),
  actual: z.string().describe("Path of the second result"),
  ...differences.shape,
}).describe("Differences are null where one of the results has no such annotation");

const SCHEMAS = { movedEvent, events, downbeatPhase, differences, document: differencesSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** An event that both sequences have, at different times. */
export type MovedEvent = JsonOf<Schemas["movedEvent"]>;

/** Differences of two sequences of events. */
export type EventDifferences = JsonOf<Schemas["events"]>;

/** Offset of the bars of two results, counted in beats. */
export type DownbeatPhase = JsonOf<Schemas["downbeatPhase"]>;

/** Differences of two results; null where one of them has no such annotation. */
export type ResultDifferences = JsonOf<Schemas["differences"]>;

/** Differences of two results as JSON. */
export type DifferencesDocument = JsonOf<Schemas["document"]>;

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
    positions: positionDifferences(expected, actual),
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
  { bpm, beats, downbeats, positions, boundaries, sameLabel }: ResultDifferences,
): boolean {
  return bpm.expected === bpm.actual && (sameLabel ?? 1) === 1 &&
    (positions?.different.length ?? 0) === 0 &&
    [beats, downbeats, boundaries].every(isUnchanged);
}

function isUnchanged(events: EventDifferences | null): boolean {
  return events === null ||
    events.moved.length + events.missing.length + events.inserted.length === 0;
}

/** Returns the positions of the beats that both results have; null where one of them has no positions. */
function positionDifferences(
  expected: Annotation,
  actual: Annotation,
): ResultDifferences["positions"] {
  const [wanted, found] = [expected.positions, actual.positions];
  if (wanted === undefined || found === undefined) return null;
  const { missing, inserted } = eventDifferences(
    expected.beats,
    actual.beats,
    BEAT_WINDOW_SECONDS,
  );
  // Beats without a partner leave the two sequences of pairs, which are in the same order.
  const paired = (beats: readonly number[], alone: readonly number[]): number[] => {
    const left = [...alone];
    return beats.flatMap((beat, at) => {
      const without = left.indexOf(beat);
      if (without < 0) return [at];
      left.splice(without, 1);
      return [];
    });
  };
  const partners = paired(actual.beats, inserted);
  const pairs = paired(expected.beats, missing).map((at, nth) => ({
    time: expected.beats[at]!,
    expected: wanted[at]!,
    actual: found[partners[nth]!]!,
  }));
  const different = pairs.filter((pair) => pair.expected !== pair.actual);
  return { same: pairs.length - different.length, different };
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
