/**
 * Signal-to-noise ratio.
 *
 * @module
 */

/**
 * Returns the ratio of the energy of a signal and that of its error, in decibels.
 *
 * Source: 10 · log10(Σ s² / Σ (s − x)²), the SNR of mir_eval's and of museval's older definitions, over all elements.
 *
 * @param actual the signal with its error
 * @param expected the signal
 * @returns the ratio; infinity without an error, NaN where lengths differ or a value is NaN, −infinity for an error
 * without a signal
 */
export function snrDecibels(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  let [signal, noise] = [0, 0];
  for (let at = 0; at < expected.length; at++) {
    const error = expected[at]! - actual[at]!;
    signal += expected[at]! ** 2;
    noise += error ** 2;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
