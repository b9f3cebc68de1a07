/**
 * Given sources that have no stem of their own: guitar and piano are added to the stem other.
 *
 * @module
 */

/** Names of the sources that are added to other. */
export const OTHER_SOURCES = ["guitar", "piano"] as const;

const LEAST = -32_768;
const MOST = 32_767;

/**
 * Adds samples to a stem, limited to 16 bits.
 *
 * @param stem the stem, which is changed
 * @param added samples of another source, of the same length
 * @returns number of samples that were limited
 */
export function addSamples(stem: Int16Array, added: Int16Array): number {
  let limited = 0;
  for (let i = 0; i < stem.length; i++) {
    const sum = stem[i]! + added[i]!;
    if (sum < LEAST || sum > MOST) limited++;
    stem[i] = Math.max(LEAST, Math.min(MOST, sum));
  }
  return limited;
}
