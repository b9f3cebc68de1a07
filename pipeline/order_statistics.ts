/**
 * Medians and quantiles.
 *
 * @module
 */

/**
 * Returns a quantile, linear between the two values next to it.
 *
 * @param values `[n]` in any order
 * @param share share of the values below, 0 to 1
 * @returns NaN without values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low = NaN, high = low] = [sorted[below], sorted[below + 1]];
  return low + (high - low) * (place - below);
}

/** Returns the median; the mean of the two middle values of an even number; NaN without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Returns the first value, in ascending order, up to which the weights reach half of their sum.
 *
 * @param weighted values with weights of at least 0
 * @returns NaN without values
 */
export function weightedMedian(weighted: readonly { value: number; weight: number }[]): number {
  const half = weighted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let reached = 0;
  for (const { value, weight } of weighted.toSorted((a, b) => a.value - b.value)) {
    reached += weight;
    if (reached >= half) return value;
  }
  return NaN;
}
