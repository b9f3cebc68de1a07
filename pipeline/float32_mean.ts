/**
 * Means in float32, rounded as numpy rounds them.
 *
 * @module
 */

/** Length of the longest run that is summed without a split. */
const BLOCK = 128;

/**
 * Returns the mean of float32 values as `numpy.mean` computes it, by pairwise summation in float32. On
 * flat input the strength of a boundary is the rounding error of this mean: a more exact mean would
 * give other segments than upstream's.
 *
 * @param values `[n]` f32, contiguous
 * @returns the mean as a float32 value; NaN when there are no values
 *
 * Source: numpy, `pairwise_sum`.
 */
export function meanAsNumpy(values: Float32Array): number {
  return Math.fround(sum(values, 0, values.length) / values.length);
}

function sum(values: Float32Array, start: number, length: number): number {
  const f = Math.fround;
  if (length > BLOCK) {
    const half = length >> 1;
    const first = half - half % 8;
    return f(sum(values, start, first) + sum(values, start + first, length - first));
  }
  let total = 0;
  let next = start;
  if (length >= 8) {
    const lanes = values.slice(start, start + 8);
    for (next += 8; next + 8 <= start + length; next += 8) {
      for (let lane = 0; lane < 8; lane++) {
        lanes[lane] = (lanes[lane] ?? NaN) + (values[next + lane] ?? NaN);
      }
    }
    const [a = 0, b = 0, c = 0, d = 0, e = 0, g = 0, h = 0, i = 0] = lanes;
    total = f(f(f(a + b) + f(c + d)) + f(f(e + g) + f(h + i)));
  }
  for (; next < start + length; next++) total = f(total + (values[next] ?? NaN));
  return total;
}
