/**
 * Finds lasting changes of level in a series, at unknown places.
 *
 * @module
 */

import { CounterRandom } from "../core/counter_random.ts";
import { deviationOfDifferences, median } from "./statistics.ts";

/** Least number of values between two changes: a single outlier is no change. */
export const SHORTEST_STRETCH = 3;

/** Number of values whose median an outlier is compared with. */
const OUTLIER_WINDOW = 5;

/** Largest distance from that median, in deviations; an outlier is moved to it. */
const OUTLIER_DEVIATIONS = 4;

/** Lower bound of the deviation, so that values of an almost constant series are not moved. */
const LEAST_DEVIATION = 0.005;

/** A lasting change of level in a series. */
export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly at: number;
  /** Median of the stretch after the change divided by that of the stretch before it. */
  readonly ratio: number;
  /** Probability of an equally clear change in a series without a change; at most `alpha`. */
  readonly pValue: number;
}

/** Options of the search. */
export interface ChangePointOptions {
  /** Largest probability of a significant change; also determines the number of permutations. */
  readonly alpha: number;
  /** Seed of the permutations. */
  readonly seed: string;
}

/**
 * Returns the changes of level in a series.
 *
 * The function first limits the distance of each value to the median of its neighbours. Optimal partitioning then
 * chooses the cuts with the smallest total cost. The cost is the sum of squared distances of the logarithms to the
 * means of their stretches, and a constant for each cut. Permutations of the two stretches next to a cut give its
 * probability. The least significant cut is removed until all are significant.
 *
 * @param values above 0, oldest first, in any unit
 * @param options significance
 * @returns in the order of the series
 *
 * Source: Jackson et al. 2005, "An algorithm for optimal partitioning of data on an interval"; permutations as Matteson
 * and James 2014.
 */
export function changePoints(
  values: readonly number[],
  { alpha, seed }: ChangePointOptions,
): ChangePoint[] {
  const logarithms = values.map(Math.log);
  const { pulled, deviation } = pulledIn(logarithms);
  const random = new CounterRandom(`steps/${seed}`);
  const known = new Map<string, number>();
  const pValueOf = (start: number, end: number): number => {
    const key = `${start} ${end}`;
    const pValue = known.get(key) ?? permutationTest(pulled.slice(start, end), alpha, random);
    known.set(key, pValue);
    return pValue;
  };
  // Without a change, a cut at a given place gains more than this with a probability below alpha.
  let cuts = optimalCuts(pulled, 2 * deviation ** 2 * Math.log(1 / alpha))
    .map((at) => ({ at, pValue: NaN }));
  while (true) {
    cuts = cuts.map(({ at }, index) => ({
      at,
      pValue: pValueOf(cuts[index - 1]?.at ?? 0, cuts[index + 1]?.at ?? pulled.length),
    }));
    const least = cuts.toSorted((a, b) => b.pValue - a.pValue)[0];
    if (least === undefined || least.pValue <= alpha) break;
    cuts = cuts.filter((cut) => cut !== least);
  }
  const levels = [0, ...cuts.map(({ at }) => at)].map((at, index) =>
    median(logarithms.slice(at, cuts[index]?.at))
  );
  return cuts.map(({ at, pValue }, index) => ({
    at,
    ratio: Math.exp(levels[index + 1]! - levels[index]!),
    pValue,
  }));
}

/** Returns the values with outliers moved to the largest distance, and the deviation from one value to the next. */
function pulledIn(values: readonly number[]): { pulled: Float64Array; deviation: number } {
  const deviation = Math.max(deviationOfDifferences(values), LEAST_DEVIATION);
  const limit = OUTLIER_DEVIATIONS * deviation;
  const pulled = Float64Array.from(values, (value, at) => {
    const last = Math.max(values.length - OUTLIER_WINDOW, 0);
    const start = Math.min(Math.max(at - (OUTLIER_WINDOW >> 1), 0), last);
    const middle = median(values.slice(start, start + OUTLIER_WINDOW));
    return Math.min(Math.max(value, middle - limit), middle + limit);
  });
  return { pulled, deviation };
}

/** Returns the cuts of the smallest total cost. */
function optimalCuts(values: Float64Array, cost: number): number[] {
  const sums = new Float64Array(values.length + 1);
  const squares = new Float64Array(values.length + 1);
  for (const [at, value] of values.entries()) {
    sums[at + 1] = sums[at]! + value;
    squares[at + 1] = squares[at]! + value * value;
  }
  // Smallest cost for each number of first values, and the start of their last stretch.
  const least = new Float64Array(values.length + 1).fill(Infinity);
  const starts = new Int32Array(values.length + 1);
  least[0] = -cost;
  for (let end = SHORTEST_STRETCH; end <= values.length; end++) {
    for (let start = 0; start <= end - SHORTEST_STRETCH; start++) {
      const sum = sums[end]! - sums[start]!;
      const distance = squares[end]! - squares[start]! - sum * sum / (end - start);
      const total = least[start]! + cost + distance;
      if (total < least[end]!) [least[end], starts[end]] = [total, start];
    }
  }
  const cuts: number[] = [];
  for (let end = values.length; end > 0; end = starts[end]!) cuts.unshift(starts[end]!);
  return cuts.filter((at) => at > 0);
}

/**
 * Returns a factor for each cut of `size` values, which makes the squared sums of cuts comparable. The factor is the
 * size divided by the product of the sizes of both parts; 0 where a part is too short.
 */
function weights(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, at) =>
      at < SHORTEST_STRETCH || size - at < SHORTEST_STRETCH ? 0 : size / (at * (size - at)),
  );
}

/**
 * Returns the cut with the largest squared ratio of the difference of means to its error; 0 if no cut is possible. The
 * mean of the values must be 0.
 */
function clearestCut(
  values: Float64Array,
  weights: Float64Array,
): { at: number; clarity: number } {
  let [sum, at, clarity] = [0, 0, 0];
  for (let index = 1; index < values.length; index++) {
    sum += values[index - 1]!;
    const here = sum * sum * weights[index]!;
    if (here > clarity) [at, clarity] = [index, here];
  }
  return { at, clarity };
}

/**
 * Returns the share of permutations of the values that have an equally clear cut. The test ends as soon as the share
 * must exceed `alpha`, which is after a few permutations if there is no change.
 */
function permutationTest(values: Float64Array, alpha: number, random: CounterRandom): number {
  const permutations = Math.ceil(1 / alpha) - 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const shuffled = values.map((value) => value - mean);
  const weight = weights(values.length);
  const { clarity } = clearestCut(shuffled, weight);
  // The order of a sum changes its rounding, and an equally clear cut must count.
  const limit = clarity * (1 - 1e-9);
  let clear = 0;
  for (let done = 1; done <= permutations; done++) {
    for (let last = shuffled.length - 1; last > 0; last--) {
      // Not below(), whose division takes longer than the rest of the loop.
      const other = Math.floor(random.uniform() * (last + 1));
      const value = shuffled[last]!;
      shuffled[last] = shuffled[other]!;
      shuffled[other] = value;
    }
    if (clearestCut(shuffled, weight).clarity >= limit) clear++;
    if ((clear + 1) / (permutations + 1) > alpha) return (clear + 1) / (done + 1);
  }
  return (clear + 1) / (permutations + 1);
}
