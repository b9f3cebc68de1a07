/**
 * Precision, recall and their harmonic mean.
 *
 * @module
 */

import { matchCount } from "./match_events.ts";

/** What part of an estimate is right, and what part of the truth was found. */
export interface FMeasure {
  /** 0 to 1; NaN where there is nothing to be right about. */
  readonly precision: number;
  /** 0 to 1; NaN where there is nothing to be found. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f: number;
}

/**
 * Joins precision and recall.
 *
 * Source: mir_eval 0.8.2, `util.f_measure`.
 */
export function fMeasure(precision: number, recall: number): FMeasure {
  const isNothing = precision === 0 && recall === 0;
  return { precision, recall, f: isNothing ? 0 : 2 * precision * recall / (precision + recall) };
}

/**
 * The F measure of events: those within a window of one another are the same, each at most once.
 *
 * @param reference `[n]` seconds, ascending
 * @param estimate `[m]` seconds, ascending
 * @param windowSeconds largest distance of two events that are the same, included
 * @returns all 0 where either is empty
 */
export function eventFMeasure(
  reference: readonly number[],
  estimate: readonly number[],
  windowSeconds: number,
): FMeasure {
  if (reference.length === 0 || estimate.length === 0) return fMeasure(0, 0);
  const matched = matchCount(reference, estimate, windowSeconds);
  return fMeasure(matched / estimate.length, matched / reference.length);
}
