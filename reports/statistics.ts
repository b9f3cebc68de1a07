/**
 * Statistics that a few wild values do not move.
 *
 * @module
 */

import { CounterRandom } from "../core/counter_random.ts";

/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const DEVIATION_SCALE = 1.4826;

/** The same of the mean absolute deviation. */
const MEAN_DEVIATION_SCALE = 1.253314;

/** From which modified z-score on Iglewicz and Hoaglin call a value an outlier. */
const OUTLIER_SCORE = 3.5;

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[sorted.length - 1 - middle], sorted[middle]];
  return (low + high) / 2;
}

/**
 * The median distance to the median, times 1.4826: of normal values their standard deviation.
 *
 * @param values in any order
 * @returns in the unit of the values; NaN of none
 */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const middle = median(values);
  return DEVIATION_SCALE * median(values.map((value) => Math.abs(value - middle)));
}

/**
 * How much a value differs by itself, seen from one to the next, so that a change of level in between hardly widens it: of
 * normal values their standard deviation.
 *
 * @param values in order
 * @returns in the unit of the values; 0 of fewer than two
 */
export function deviationOfDifferences(values: readonly number[]): number {
  const differences = values.slice(1).map((value, at) => value - values[at]!);
  if (differences.length === 0) return 0;
  // About 0, as either sign is as likely; a difference of two values varies by twice their variance.
  const mirrored = differences.flatMap((difference) => [difference, -difference]);
  return medianAbsoluteDeviation(mirrored) * Math.SQRT1_2;
}

/** How an interval is made. */
export interface BootstrapOptions {
  /** How often the interval holds the true median, 0 to 1. */
  readonly level: number;
  /** How many samples are drawn again. */
  readonly resamples: number;
  /** The same seed gives the same interval. */
  readonly seed: number;
}

/** A range. */
export interface Interval {
  /** Its lower end. */
  readonly low: number;
  /** Its upper end. */
  readonly high: number;
}

/**
 * A confidence interval of the median, by the percentiles of the medians of samples drawn again with
 * replacement.
 *
 * @param values independent of one another, in any order
 * @param options how sure, and how exactly
 * @returns in the unit of the values; NaN to NaN of none
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 */
export function bootstrapInterval(
  values: readonly number[],
  { level, resamples, seed }: BootstrapOptions,
): Interval {
  const random = new CounterRandom(`bootstrap/${seed}`);
  const medians = Array.from(
    { length: resamples },
    () => median(values.map(() => values[random.below(values.length)]!)),
  ).sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  return { low: quantile(medians, tail), high: quantile(medians, 1 - tail) };
}

/** Between the two nearest of sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low = NaN, high = NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/**
 * Where the values are that are too far from the others to be noise.
 *
 * The score of a value is its distance to the median through the median absolute deviation; where more than half of
 * the values are equal, through the mean absolute deviation.
 *
 * @param values in any order
 * @returns indices of the values whose score is above 3.5, ascending
 *
 * Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993.
 */
export function outliers(values: readonly number[]): number[] {
  const middle = median(values);
  const distances = values.map((value) => Math.abs(value - middle));
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / values.length;
  const scale = medianAbsoluteDeviation(values) || MEAN_DEVIATION_SCALE * mean;
  return distances.flatMap((distance, at) => distance > OUTLIER_SCORE * scale ? [at] : []);
}
