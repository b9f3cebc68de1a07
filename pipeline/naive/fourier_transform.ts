/**
 * Naive reference implementation of the discrete Fourier transform.
 *
 * @module
 */

/**
 * Returns an in-place transform with radix 2 and bit-reversed order (Cooley and Tukey 1965).
 *
 * @param length n, a power of two
 * @returns function that transforms the real and the imaginary part, each `[n]`
 * @throws {RangeError} if n is not a power of two; the transform itself if a part has another length
 */
export function fourierTransform(
  length: number,
): (real: Float64Array, imaginary: Float64Array) => void {
  const bits = Math.log2(length);
  if (!Number.isInteger(bits) || bits > 30) {
    throw new RangeError(`Expected a length that is a power of two, but got ${length}`);
  }
  const angles = Float64Array.from({ length: length >> 1 }, (_, at) => -2 * Math.PI * at / length);
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
  const reversed = Uint32Array.from({ length }, (_, at) => {
    let found = 0;
    for (let bit = 0; bit < bits; bit++) found |= (at >> bit & 1) << (bits - 1 - bit);
    return found;
  });
  return (real, imaginary) => {
    if (real.length !== length || imaginary.length !== length) {
      throw new RangeError(
        `Expected two parts of length ${length}, but got ${real.length} and ${imaginary.length}`,
      );
    }
    for (const values of [real, imaginary]) {
      const copy = values.slice();
      for (let at = 0; at < length; at++) values[at] = copy[reversed[at]!]!;
    }
    for (let half = 1; half < length; half *= 2) {
      const turn = length / (2 * half);
      for (let start = 0; start < length; start += 2 * half) {
        for (let at = 0; at < half; at++) {
          const [cosine, sine] = [cosines[at * turn]!, sines[at * turn]!];
          const [even, odd] = [start + at, start + at + half];
          const turnedReal = cosine * real[odd]! - sine * imaginary[odd]!;
          const turnedImaginary = cosine * imaginary[odd]! + sine * real[odd]!;
          real[odd] = real[even]! - turnedReal;
          imaginary[odd] = imaginary[even]! - turnedImaginary;
          real[even] = real[even]! + turnedReal;
          imaginary[even] = imaginary[even]! + turnedImaginary;
        }
      }
    }
  };
}
