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

/** Deviations from that median to which an outlier is pulled in. */
const OUTLIER_DEVIATIONS = 4;

/** Lower bound of the deviation, which keeps the values of a series that hardly varies. */
const LEAST_DEVIATION = 0.005;

/** Where a series changes. */
export interface ChangePoint {
  /** Index of the first value after it. */
  readonly at: number;
  /** Median of the stretch after it through that of the stretch before it. */
  readonly ratio: number;
  /** How likely a change so clear is in a series without any; not above `alpha`. */
  readonly pValue: number;
}

/** Significance of a change. */
export interface ChangePointOptions {
  /** The largest probability that counts; also decides how many permutations there are. */
  readonly alpha: number;
  /** What the permutations depend on. */
  readonly seed: string;
}

/**
 * Returns the changes of level in a series.
 *
 * Outliers are pulled in first. Optimal partitioning then chooses the cuts for which the squared distances of the
 * logarithms to the means of their stretches, and the costs of the cuts, are smallest. A cut stands if so clear a cut is
 * rare among permutations of the two stretches next to it. The least significant cut is removed until all stand.
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
  // Where nothing changes, a cut at a given place gains more than this with a probability below alpha.
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

/** Returns the values with outliers pulled in, and the deviation from one value to the next. */
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
  // The least of the first so many values, and where their last stretch begins.
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
 * What makes the squared difference of both sums comparable between cuts: for each cut of `size` values, the size
 * through the product of its parts; 0 where a part is too short.
 */
function weights(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, at) =>
      at < SHORTEST_STRETCH || size - at < SHORTEST_STRETCH ? 0 : size / (at * (size - at)),
  );
}

/** Returns the cut with the largest difference of means in relation to its error, squared; 0 if nothing can be cut. Values are about 0. */
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
 * How rare so clear a cut is among permutations of values. It is given up as soon as the share cannot become `alpha` any
 * more, which without a change is after a few.
 */
function permutationTest(values: Float64Array, alpha: number, random: CounterRandom): number {
  const permutations = Math.ceil(1 / alpha) - 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const shuffled = values.map((value) => value - mean);
  const weight = weights(values.length);
  const { clarity } = clearestCut(shuffled, weight);
  // Sums of other orders differ by rounding, and an equally clear cut must count.
  const limit = clarity * (1 - 1e-9);
  let clear = 0;
  for (let done = 1; done <= permutations; done++) {
    for (let last = shuffled.length - 1; last > 0; last--) {
      // Not below(): its division takes longer than all else here.
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
