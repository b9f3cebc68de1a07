/**
 * Finds lasting changes in a series: one value a night, and nobody knows when something changed.
 *
 * @module
 */

import { CounterRandom } from "../models/counter_random.ts";
import { median, medianAbsoluteDeviation } from "./statistics.ts";

/** A stretch between two changes has at least so many values, so that one wild night is none. */
export const SHORTEST_STRETCH = 3;

/** Values further out than so many deviations count as if they were there. */
const WILD_DEVIATIONS = 4;

/** The least that a deviation is taken for, so that a series that hardly varies is not flattened. */
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

/** How sure a change must be. */
export interface ChangePointOptions {
  /** The largest probability that counts; also decides how many permutations there are. */
  readonly alpha: number;
  /** What the permutations depend on. */
  readonly seed: string;
}

/**
 * The changes of level in a series, by binary segmentation.
 *
 * A series is cut where the means of the logarithms left and right of the cut differ most, seen through how exactly they
 * are known; the cut stands if among permutations of the series so clear a cut is rare, and both parts are then searched
 * in the same way. Single wild values are pulled in before.
 *
 * @param values above 0, oldest first, in any unit
 * @param options how sure
 * @returns in the order of the series
 *
 * Source: Scott and Knott 1974; permutations as Matteson and James 2014.
 */
export function changePoints(
  values: readonly number[],
  { alpha, seed }: ChangePointOptions,
): ChangePoint[] {
  const logarithms = values.map(Math.log);
  const random = new CounterRandom(`steps/${seed}`);
  const cuts: { at: number; pValue: number }[] = [];
  const search = (start: number, end: number): void => {
    const part = pulledIn(logarithms.slice(start, end));
    const { at, clarity } = clearestCut(part, weights(part.length));
    if (at === 0) return;
    const pValue = permutationTest(part, clarity, alpha, random);
    if (pValue > alpha) return;
    search(start, start + at);
    cuts.push({ at: start + at, pValue });
    search(start + at, end);
  };
  search(0, values.length);
  const levels = [0, ...cuts.map(({ at }) => at)].map((at, index) =>
    median(logarithms.slice(at, cuts[index]?.at))
  );
  return cuts.map(({ at, pValue }, index) => ({
    at,
    ratio: Math.exp(levels[index + 1]! - levels[index]!),
    pValue,
  }));
}

/** The values less their mean, those far out before no further than {@linkcode WILD_DEVIATIONS}. */
function pulledIn(values: readonly number[]): Float64Array {
  const middle = median(values);
  const limit = WILD_DEVIATIONS * Math.max(medianAbsoluteDeviation(values), LEAST_DEVIATION);
  const pulled = values.map((value) => Math.min(Math.max(value - middle, -limit), limit));
  const mean = pulled.reduce((sum, value) => sum + value, 0) / values.length;
  return Float64Array.from(pulled, (value) => value - mean);
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

/** Where the means of values about 0 differ most, and how much beside their error, squared; 0 where nothing can be cut. */
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
 * The share of permutations whose clearest cut is as clear. It is given up as soon as the share cannot become `alpha`
 * any more, which without a change is after a few.
 */
function permutationTest(
  values: Float64Array,
  clarity: number,
  alpha: number,
  random: CounterRandom,
): number {
  const permutations = Math.ceil(1 / alpha) - 1;
  const shuffled = values.slice();
  const weight = weights(values.length);
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
