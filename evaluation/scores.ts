/**
 * Scores: all measures of one track, and their means over tracks.
 *
 * @module
 */

import type { Annotation } from "./annotation.ts";
import { beatFMeasure, continuity, tempoAccuracy, trimBeats } from "./beat_measures.ts";
import {
  BOUNDARY_WINDOWS_SECONDS,
  boundaryFMeasure,
  pairwiseFMeasure,
  spanning,
} from "./segment_measures.ts";

/** Headings of the measures, in the order of the tables. */
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

/** Name of a measure. */
export type Measure = keyof typeof MEASURES;

/** Value of each measure, 0 to 1; null if the truth does not define it. */
export type Scores = Readonly<Record<Measure, number | null>>;

/**
 * Computes all measures of an estimate.
 *
 * Beats and downbeats count from 5 s on. A measure is null if the truth has no beats from there on, no segments, or
 * neither a tempo nor enough beats to derive it. Anything that only the estimate lacks counts as wrong.
 *
 * @param truth reference annotation
 * @param estimate annotation to evaluate
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
 * Computes the mean of each measure over the tracks that have it; null if no track has it.
 *
 * @param all scores of each track
 */
export function meanScores(all: readonly Scores[]): Scores {
  const mean = (measure: Measure): number | null => {
    const known = all.flatMap((scores) => scores[measure] ?? []);
    return known.length === 0 ? null : known.reduce((sum, score) => sum + score, 0) / known.length;
  };
  return everyMeasure(mean);
}

/** Returns an object with a computed value for each measure. */
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

/** Returns the tempo that the truth states, otherwise the tempo of its median interval between beats. */
function trueTempo({ bpm, beats }: Annotation): number | null {
  if (bpm !== null) return bpm;
  const intervals = beats.slice(1).map((time, at) => time - beats[at]!).sort((a, b) => a - b);
  const half = intervals.length / 2;
  const median = (intervals[Math.ceil(half) - 1]! + intervals[Math.floor(half)]!) / 2;
  return median > 0 ? 60 / median : null;
}
