/**
 * All measures of one track, and their means.
 *
 * @module
 */

import type { Annotation } from "./annotation.ts";
import { beatFMeasure, trimBeats } from "./beat_f_measure.ts";
import { BOUNDARY_WINDOWS_SECONDS, boundaryFMeasure } from "./boundary_f_measure.ts";
import { continuity } from "./continuity.ts";
import { pairwiseFMeasure } from "./pairwise_f_measure.ts";
import { spanning } from "./segment_span.ts";
import { tempoAccuracy } from "./tempo_accuracy.ts";

/** The measures, in the order of the tables, and their headings. */
export const MEASURES = {
  beat_f: "beat F",
  cmlc: "CMLc",
  cmlt: "CMLt",
  amlc: "AMLc",
  amlt: "AMLt",
  downbeat_f: "downbeat F",
  boundary_f_0_5: "boundary F 0.5 s",
  boundary_f_3: "boundary F 3 s",
  pairwise_f: "pairwise F",
  tempo_accuracy_1: "tempo acc 1",
  tempo_accuracy_2: "tempo acc 2",
} as const;

/** The name of a measure. */
export type Measure = keyof typeof MEASURES;

/** A figure of each measure, 0 to 1; null where the truth does not tell. */
export type Scores = Readonly<Record<Measure, number | null>>;

/**
 * Measures an estimate.
 *
 * Beats and downbeats count from 5 s on. Where the truth has none from there on, no segments, or too few beats to
 * derive the tempo that it does not state, the measure is null; what only the estimate lacks counts as wrong.
 *
 * @param truth what is right
 * @param estimate what was found
 */
export function scoresOf(truth: Annotation, estimate: Annotation): Scores {
  const tempo = trueTempo(truth);
  const accuracy = tempo === null ? null : tempoAccuracy(tempo, estimate.bpm);
  return {
    ...beatScores(truth.beats, estimate.beats),
    downbeat_f: downbeatScore(truth.downbeats, estimate.downbeats ?? []),
    ...segmentScores(truth, estimate),
    tempo_accuracy_1: accuracy?.accuracy1 ?? null,
    tempo_accuracy_2: accuracy?.accuracy2 ?? null,
  };
}

/**
 * The mean of each measure over the tracks for which it is known; null where there is none.
 *
 * @param all one entry for each track
 */
export function meanScores(all: readonly Scores[]): Scores {
  const mean = (measure: Measure): number | null => {
    const known = all.flatMap((scores) => scores[measure] ?? []);
    return known.length === 0 ? null : known.reduce((sum, score) => sum + score, 0) / known.length;
  };
  return everyMeasure(mean);
}

/** Computes something for each measure. */
export function everyMeasure<Value>(
  compute: (measure: Measure) => Value,
): Readonly<Record<Measure, Value>> {
  const names = Object.keys(MEASURES) as Measure[];
  return Object.fromEntries(names.map((name) => [name, compute(name)])) as Record<Measure, Value>;
}

function beatScores(
  truth: readonly number[],
  estimate: readonly number[],
): Pick<Scores, "beat_f" | "cmlc" | "cmlt" | "amlc" | "amlt"> {
  const [reference, found] = [trimBeats(truth), trimBeats(estimate)];
  if (reference.length === 0) {
    return { beat_f: null, cmlc: null, cmlt: null, amlc: null, amlt: null };
  }
  return { beat_f: beatFMeasure(reference, found), ...continuity(reference, found) };
}

function downbeatScore(
  truth: readonly number[] | null,
  estimate: readonly number[],
): number | null {
  const reference = trimBeats(truth ?? []);
  return reference.length === 0 ? null : beatFMeasure(reference, trimBeats(estimate));
}

function segmentScores(
  truth: Annotation,
  estimate: Annotation,
): Pick<Scores, "boundary_f_0_5" | "boundary_f_3" | "pairwise_f"> {
  const reference = spanning(truth.segments ?? []);
  const end = reference.at(-1)?.end;
  if (end === undefined) return { boundary_f_0_5: null, boundary_f_3: null, pairwise_f: null };
  const found = spanning(estimate.segments ?? [], end);
  const [narrow, wide] = BOUNDARY_WINDOWS_SECONDS;
  return {
    boundary_f_0_5: boundaryFMeasure(reference, found, narrow).f,
    boundary_f_3: boundaryFMeasure(reference, found, wide).f,
    pairwise_f: numberOrNull(pairwiseFMeasure(reference, found).f),
  };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** The tempo that the truth states, or else the one of its median interval between beats. */
function trueTempo({ bpm, beats }: Annotation): number | null {
  if (bpm !== null) return bpm;
  const intervals = beats.slice(1).map((time, at) => time - beats[at]!).sort((a, b) => a - b);
  const half = intervals.length / 2;
  const median = (intervals[Math.ceil(half) - 1]! + intervals[Math.floor(half)]!) / 2;
  return median > 0 ? 60 / median : null;
}
