/**
 * The median.
 *
 * @module
 */

/** Up to this number of values, insertion takes less time than the runtime's sort. */
const FEW = 24;

/** Returns the middle value, or the mean of the two in the middle; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.length > FEW ? values.toSorted((a, b) => a - b) : inserted(values);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[sorted.length - 1 - middle], sorted[middle]];
  return (low + high) / 2;
}

/** Returns the values in ascending order, by insertion. */
function inserted(values: readonly number[]): number[] {
  const sorted = values.slice();
  for (let next = 1; next < sorted.length; next++) {
    const value = sorted[next]!;
    let at = next;
    for (; at > 0 && sorted[at - 1]! > value; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = value;
  }
  return sorted;
}
