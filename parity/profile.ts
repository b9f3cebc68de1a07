/**
 * Where in time errors lie.
 *
 * @module
 */

import type { TypedArray } from "../core/tensor.ts";

/** Parts that the time axis is cut into; as many as it is long where it is shorter. */
const PARTS = 200;

/** The largest absolute error in each part of the time axis, of elements that come one after the other. */
export class Profile {
  readonly #length: number;
  readonly #stride: number;
  readonly #largest: Float64Array;

  /**
   * Starts without errors.
   *
   * @param shape of the whole tensor
   * @param axis which of its axes is time
   */
  constructor(shape: readonly number[], axis: number) {
    this.#length = shape[axis] ?? 1;
    this.#stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    this.#largest = new Float64Array(Math.min(PARTS, this.#length));
  }

  /**
   * Takes the next elements.
   *
   * @param first index of their first in C order
   * @param actual what was computed
   * @param expected the reference, as many
   */
  add(first: number, actual: TypedArray, expected: TypedArray): void {
    const [length, stride, largest] = [this.#length, this.#stride, this.#largest];
    for (let at = 0; at < expected.length; at++) {
      const error = Math.abs(Number(actual[at]) - Number(expected[at]));
      if (error === 0) continue;
      const time = Math.floor((first + at) / stride) % length;
      const part = Math.floor(time * largest.length / length);
      if (error > largest[part]!) largest[part] = error;
    }
  }

  /** The largest error of each part. */
  largest(): number[] {
    return [...this.#largest];
  }
}
