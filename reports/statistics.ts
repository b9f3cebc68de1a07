/**
 * Robust statistics.
 *
 * @module
 */

import { CounterRandom } from "../core/counter_random.ts";
import { median } from "../core/median.ts";

export { median };

/** Standard deviation of a normal distribution divided by its median absolute deviation. */
const DEVIATION_SCALE = 1.4826;

/** Standard deviation of a normal distribution divided by its mean absolute deviation. */
const MEAN_DEVIATION_SCALE = 1.253314;

/** Modified z-score above which Iglewicz and Hoaglin call a value an outlier. */
const OUTLIER_SCORE = 3.5;

/**
 * Returns the median distance to the median times 1.4826, which estimates the standard deviation of normal values.
 *
 * @param values in any order
 * @returns in the unit of the values; NaN without values
 */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const middle = median(values);
  return DEVIATION_SCALE * median(values.map((value) => Math.abs(value - middle)));
}

/**
 * Estimates the standard deviation of normal values from the differences between neighbours, so that a change of level
 * hardly affects it.
 *
 * @param values in order
 * @returns in the unit of the values; 0 for fewer than two values
 */
export function deviationOfDifferences(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const distances = values.slice(1).map((value, at) => Math.abs(value - values[at]!));
  // About 0, because both signs are equally likely. The variance of a difference is twice that of a value.
  return DEVIATION_SCALE * median(distances) * Math.SQRT1_2;
}

/** Options of a bootstrap interval. */
export interface BootstrapOptions {
  /** Probability that the interval contains the true value, 0 to 1. */
  readonly level: number;
  /** Number of resamples. */
  readonly resamples: number;
  /** Seed of the resamples; the same seed gives the same interval. */
  readonly seed: number;
  /** Statistic of the values; the median by default. */
  readonly statistic?: (values: readonly number[]) => number;
}

/** A range. */
export interface Interval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/**
 * Returns a confidence interval of a statistic: percentiles of its values on resamples with replacement.
 *
 * @param values independent of one another, in any order
 * @param options level, number of resamples, seed and statistic
 * @returns in the unit of the values; NaN to NaN without values
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 */
export function bootstrapInterval(
  values: readonly number[],
  { level, resamples, seed, statistic = median }: BootstrapOptions,
): Interval {
  const random = new CounterRandom(`bootstrap/${seed}`);
  const found = Array.from(
    { length: resamples },
    () => statistic(values.map(() => values[random.below(values.length)]!)),
  ).sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  return { low: quantile(found, tail), high: quantile(found, 1 - tail) };
}

/** Returns a quantile of sorted values, interpolated between the two nearest. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low = NaN, high = NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/**
 * Finds the values that are too far from the others to be noise.
 *
 * The score of a value is its distance to the median divided by the median absolute deviation. If more than half of the
 * values are equal, the mean absolute deviation takes its place.
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
