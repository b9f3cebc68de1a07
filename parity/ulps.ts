/**
 * How many representable numbers lie between two floats.
 *
 * @module
 */

import type { TypedArray } from "../core/tensor.ts";

/** How many elements are how many units in the last place off, in bins whose width doubles. */
export interface UlpHistogram {
  /** Elements in the bins 0, 1, 2, 3 to 4, 5 to 8 and so on, up to the last that is not empty. */
  readonly counts: readonly number[];
  /** The largest distance; beyond 2^53 it is rounded. */
  readonly max: number;
}

/** Values of the high and of the low half of a float64. */
const HALF = 2 ** 32;

/**
 * The distance of each pair of floats in units in the last place of their type: the number of steps
 * from one to the next representable number that lead from one to the other. Both zeros are one number.
 *
 * @param actual f32 or f64
 * @param expected as many of the same type
 * @returns a function of the index; undefined where the type has no such units
 */
export function ulpDistances(
  actual: TypedArray,
  expected: TypedArray,
): ((at: number) => number) | undefined {
  if (actual instanceof Float32Array && expected instanceof Float32Array) {
    const [a, b] = [words(actual), words(expected)];
    return (at) => Math.abs(ordered(a[at]!) - ordered(b[at]!));
  }
  if (actual instanceof Float64Array && expected instanceof Float64Array) {
    const [a, b] = [words(actual), words(expected)];
    return (at) => {
      const [low, high] = [2 * at, 2 * at + 1];
      const isApart = (a[high]! < 0) !== (b[high]! < 0);
      const sign = isApart ? 1 : -1;
      // Halves are subtracted before they are joined: a float64 would lose the lower one otherwise.
      const highs = (a[high]! & 0x7fffffff) + sign * (b[high]! & 0x7fffffff);
      return Math.abs(highs * HALF + ((a[low]! >>> 0) + sign * (b[low]! >>> 0)));
    };
  }
  return undefined;
}

/** The bits, from the lowest word on, as all machines have them that Deno runs on. */
function words({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

/** A float32's place among all, from its bits. */
function ordered(bits: number): number {
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

/** The bin of a distance: 0, 1, 2, 3 to 4, 5 to 8 and so on. */
export function ulpBin(distance: number): number {
  if (distance < 2) return distance;
  if (distance <= HALF) return 33 - Math.clz32(distance - 1);
  return 33 + ulpBin(Math.ceil(distance / HALF)) - 1;
}

/** The distances that fall into a bin, in words. */
export function ulpBinText(bin: number): string {
  if (bin < 3) return String(bin);
  return `${2 ** (bin - 2) + 1}-${2 ** (bin - 1)}`;
}
