/**
 * Naive reference implementation of numpy's float32 logarithm.
 *
 * @module
 */

const NUMERATOR = [2.5899792e-2, 3.8088378e-1, 1.4800006, 2.1126776, 1, 0];
const DENOMINATOR = [5.8750953e-3, 1.5464763e-1, 9.864943e-1, 2.453006, 2.6126776, 1];
const LOG_OF_2 = Math.fround(Math.LN2);

/**
 * Computes the natural logarithm with the rounding of numpy's vectorised one, whose error is up to 3.8 units in the last
 * place.
 *
 * @param value float32
 * @returns float32; minus infinity for values without a logarithm
 *
 * Source: numpy, `loops_exponent_log`.
 */
export function naiveLogarithm(value: number): number {
  if (!(value > 0)) return -Infinity;
  const f = Math.fround;
  let exponent = Math.floor(Math.log2(value)) + 1;
  let mantissa = value / 2 ** exponent;
  if (mantissa >= 1) [mantissa, exponent] = [mantissa / 2, exponent + 1];
  if (mantissa < 0.5) [mantissa, exponent] = [mantissa * 2, exponent - 1];
  if (mantissa <= f(Math.SQRT1_2)) [mantissa, exponent] = [mantissa * 2, exponent - 1];
  const x = f(mantissa - 1);
  const horner = (coefficients: readonly number[]): number =>
    coefficients.map(f).reduce((sum, coefficient) => f(sum * x + coefficient));
  return f(exponent * LOG_OF_2 + f(horner(NUMERATOR) / horner(DENOMINATOR)));
}
