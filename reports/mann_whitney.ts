/**
 * Tests whether the values of one sample tend to be larger than those of another.
 *
 * @module
 */

/** Largest size of the smaller sample for which all arrangements are counted. */
const EXACT_SIZE = 8;

/** Direction of the tested difference: the first sample is larger, or smaller. */
export type Alternative = "greater" | "less";

/**
 * Computes the one-sided Mann-Whitney U test.
 *
 * The result is exact if the smaller sample has at most 8 values and no two values are equal. Otherwise it is the
 * normal approximation, with corrections for ties and continuity.
 *
 * @param a first sample, in any order
 * @param b second sample, in any order
 * @param alternative direction of the tested difference
 * @returns probability of a difference at least as clear between samples of one distribution; NaN if a sample is empty
 * or contains NaN
 *
 * Source: Mann and Whitney 1947, as `scipy.stats.mannwhitneyu`.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { mannWhitney } from "./mann_whitney.ts";
 * ok(mannWhitney([5, 6, 7], [1, 2, 3], "greater") === 1 / 20);
 * ```
 */
export function mannWhitney(
  a: readonly number[],
  b: readonly number[],
  alternative: Alternative,
): number {
  if (alternative === "less") return mannWhitney(b, a, "greater");
  if (a.length === 0 || b.length === 0) return NaN;
  const { u, tieTerm } = rankedSum(a, b);
  if (tieTerm === 0 && Math.min(a.length, b.length) <= EXACT_SIZE) {
    const counts = arrangements(a.length, b.length);
    if (counts !== null) return tail(counts, u);
  }
  const size = a.length + b.length;
  const product = a.length * b.length;
  const variance = product / 12 * (size + 1 - tieTerm / (size * (size - 1)));
  if (Number.isNaN(variance)) return NaN;
  return variance === 0 ? 1 : upperNormal((u - product / 2 - 0.5) / Math.sqrt(variance));
}

/**
 * Returns the number of pairs in which the value of `a` is larger, and the tie term. Equal pairs count as half. The tie
 * term is the sum of t³ - t over all ties of t values.
 */
function rankedSum(a: readonly number[], b: readonly number[]): { u: number; tieTerm: number } {
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [u, tieTerm, i, j] = [0, 0, 0, 0];
  while (i < first.length || j < second.length) {
    const value = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    const [startI, startJ] = [i, j];
    while (i < first.length && first[i] === value) i++;
    while (j < second.length && second[j] === value) j++;
    const ties = i - startI + j - startJ;
    // Only NaN does not equal itself.
    if (ties === 0) return { u: NaN, tieTerm: NaN };
    u += (i - startI) * (startJ + (j - startJ) / 2);
    tieTerm += ties ** 3 - ties;
  }
  return { u, tieTerm };
}

/**
 * Returns the number of arrangements of two samples without ties for each U: the coefficients of the Gaussian binomial.
 *
 * @returns counts of U = 0, 1 …; null if they are too large for exact integers
 */
function arrangements(a: number, b: number): Float64Array | null {
  const [small, large] = [Math.min(a, b), Math.max(a, b)];
  const counts = new Float64Array(small * large + 1);
  counts[0] = 1;
  let total = 1;
  for (let i = 1; i <= small; i++) {
    total = total * (large + i) / i;
    if (total > Number.MAX_SAFE_INTEGER) return null;
    // Multiplies by 1 - q^(large + i) and divides by 1 - q^i; the degree is then i · large.
    const degree = i * large;
    for (let u = degree; u >= large + i; u--) counts[u]! -= counts[u - large - i]!;
    for (let u = i; u <= degree; u++) counts[u]! += counts[u - i]!;
  }
  return counts;
}

/** Returns the share of arrangements whose U is at least `u`. */
function tail(counts: Float64Array, u: number): number {
  let [above, total] = [0, 0];
  for (let at = 0; at < counts.length; at++) {
    total += counts[at]!;
    if (at >= u) above += counts[at]!;
  }
  return above / total;
}

/**
 * Returns the share of the standard normal distribution above `z`, accurate to 1e-15.
 *
 * Source: Hart 1968, algorithm 5666, as given by West 2005.
 */
function upperNormal(z: number): number {
  const x = Math.abs(z);
  let share = 0;
  if (x < 7.07106781186547) {
    const above = polynomial(ABOVE, x);
    share = Math.exp(-x * x / 2) * above / polynomial(BELOW, x);
  } else if (x <= 37) {
    const fraction = x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));
    share = Math.exp(-x * x / 2) / (fraction * 2.506628274631);
  }
  return z > 0 ? share : 1 - share;
}

/** Coefficients, of the highest power first. */
const ABOVE = [
  3.52624965998911e-2,
  0.700383064443688,
  6.37396220353165,
  33.912866078383,
  112.079291497871,
  221.213596169931,
  220.206867912376,
];

const BELOW = [
  8.83883476483184e-2,
  1.75566716318264,
  16.064177579207,
  86.7807322029461,
  296.564248779674,
  637.333633378831,
  793.826512519948,
  440.413735824752,
];

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
