/**
 * Tempo of a sequence of beats.
 *
 * @module
 */

/**
 * Returns the most frequent whole tempo of the intervals between beats.
 *
 * @param times `[n]` seconds, strictly ascending
 * @returns beats a minute; null when there are fewer than two beats
 *
 * Source: allin1 1.1.0, `postprocessing/tempo.py`.
 */
export function tempo(times: Float64Array): number | null {
  const counts = new Map<number, number>();
  for (let beat = 1; beat < times.length; beat++) {
    const bpm = roundHalfToEven(60 / ((times[beat] ?? NaN) - (times[beat - 1] ?? NaN)));
    counts.set(bpm, (counts.get(bpm) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  const histogram = new Int32Array(Math.max(...counts.keys()) + 1);
  for (const [bpm, count] of counts) histogram[bpm] = count;
  return lastByNumpysSort(histogram);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Returns the index that numpy's default `argsort` puts last: one of those with the largest count.
 * Among equal counts its unstable quicksort decides (median of three, insertion sort of up to 16
 * elements), so the partition is repeated here step by step. The index is mostly, not always, the
 * highest.
 */
function lastByNumpysSort(counts: Int32Array): number {
  const order = Int32Array.from(counts, (_, index) => index);
  const count = (at: number): number => counts[order[at] ?? 0] ?? 0;
  const swap = (a: number, b: number): void => {
    [order[a], order[b]] = [order[b] ?? 0, order[a] ?? 0];
  };
  let left = 0;
  const right = order.length - 1;
  // Only the partition that holds the last place matters: `right` never moves.
  while (right - left > 15) {
    const middle = left + ((right - left) >> 1);
    if (count(middle) < count(left)) swap(middle, left);
    if (count(right) < count(middle)) swap(right, middle);
    if (count(middle) < count(left)) swap(middle, left);
    const pivot = count(middle);
    let i = left;
    let j = right - 1;
    swap(middle, j);
    while (true) {
      do i++; while (count(i) < pivot);
      do j--; while (pivot < count(j));
      if (i >= j) break;
      swap(i, j);
    }
    swap(i, right - 1);
    left = i + 1;
  }
  let last = left;
  for (let at = left + 1; at <= right; at++) if (count(at) >= count(last)) last = at;
  return order[last] ?? 0;
}
