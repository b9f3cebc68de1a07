/**
 * Statistics of the errors of a comparison: quantiles, profiles over time, and distances in units in the
 * last place. All run in fixed memory, over elements that arrive in blocks.
 *
 * @module
 */

import type { Elements, ElementType } from "../core/elements.ts";

/** Bits of a float32 below the bin number, which is exponent and seven bits of the mantissa. */
const SHIFT = 16;

const BINS = 1 << (31 - SHIFT);

/** Decade of the largest float32, which holds larger errors too. */
const LARGEST_EXPONENT = 38;

/**
 * Histogram of errors, for quantiles: 128 bins an octave over the whole range of a float32. A bin is at
 * most 0.8 % wide. Below 2^-126, about 1e-38, bins are wider.
 */
export class ErrorCounts {
  readonly #counts = new Float64Array(BINS);
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);

  /** Counts an error, which is finite and not negative. */
  add(error: number): void {
    this.#float[0] = error;
    this.#counts[this.#bits[0]! >>> SHIFT]!++;
  }

  /**
   * Returns the smallest upper edge of a bin below which a share of the errors lies.
   *
   * @param share share of the errors, 0 to 1
   * @param largest the largest error, which no quantile exceeds
   * @returns at most 0.8 % more than the exact quantile; 0 where nothing was counted
   */
  quantile(share: number, largest: number): number {
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    let below = 0;
    for (let bin = 0; bin < BINS; bin++) {
      below += this.#counts[bin]!;
      if (below > 0 && below >= share * all) return Math.min(this.#upperEdge(bin), largest);
    }
    return 0;
  }

  /** Returns the number of errors in each decade that has one; errors of 0 are in none. */
  decades(): { exponent: number; count: number }[] {
    const counts = new Map<number, number>();
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#counts[bin]!;
      if (count === 0) continue;
      const edge = this.#upperEdge(bin);
      if (edge === 0) continue;
      const exponent = Number.isFinite(edge) ? Math.floor(Math.log10(edge)) : LARGEST_EXPONENT;
      counts.set(exponent, (counts.get(exponent) ?? 0) + count);
    }
    return [...counts].map(([exponent, count]) => ({ exponent, count }));
  }

  #upperEdge(bin: number): number {
    if (bin === 0) return 0;
    this.#bits[0] = (bin + 1) << SHIFT;
    // Errors beyond float32 are counted as infinity, whose bin has no finite upper edge.
    return Number.isNaN(this.#float[0]) ? Infinity : this.#float[0]!;
  }
}

/** Parts of the time axis in a profile; a shorter axis has as many parts as elements. */
const PARTS = 200;

/** Largest absolute error in each part of the time axis. */
export class Profile {
  readonly #length: number;
  readonly #stride: number;
  readonly #largest: Float64Array;

  /**
   * Starts without errors.
   *
   * @param shape shape of the whole tensor
   * @param axis index of the time axis
   */
  constructor(shape: readonly number[], axis: number) {
    this.#length = shape[axis] ?? 1;
    this.#stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    this.#largest = new Float64Array(Math.min(PARTS, this.#length));
  }

  /**
   * Adds the errors of a block of elements.
   *
   * @param first index of the first element of the block in C order
   * @param errors absolute error of each element
   */
  add(first: number, errors: Float64Array): void {
    const [length, stride, largest] = [this.#length, this.#stride, this.#largest];
    for (let at = 0; at < errors.length; at++) {
      const error = errors[at]!;
      if (error === 0) continue;
      const time = Math.floor((first + at) / stride) % length;
      const part = Math.floor(time * largest.length / length);
      if (error > largest[part]!) largest[part] = error;
    }
  }

  /** Returns the largest error of each part. */
  largest(): number[] {
    return [...this.#largest];
  }
}

/** Number of values of one half of a float64. */
const HALF = 2 ** 32;

/**
 * Returns the distance of each pair of floats in units in the last place of their type: the number of
 * steps between adjacent representable numbers from one to the other. Both zeros are one number.
 *
 * @param type element type; the arrays of half-precision types are f32
 * @param actual elements of that type
 * @param expected as many
 * @returns a function of the index; undefined where the type has no such units
 */
export function ulpDistances(
  type: ElementType,
  actual: Elements,
  expected: Elements,
): ((at: number) => number) | undefined {
  const [found, wanted] = [actual, expected] as readonly [Float32Array, Float32Array];
  switch (type) {
    case "f16": {
      const [a, b] = [found, wanted].map((data) => new Int16Array(new Float16Array(data).buffer));
      const rank = (bits: number): number => bits < 0 ? -(bits & 0x7fff) : bits;
      return (at) => Math.abs(rank(a![at]!) - rank(b![at]!));
    }
    case "bf16":
    case "f32": {
      // The bits of a bfloat16 are the upper half of those of the same float32.
      const unit = type === "bf16" ? 2 ** 16 : 1;
      const [a, b] = [words(found), words(wanted)];
      return (at) => Math.abs(ordered(a[at]!) - ordered(b[at]!)) / unit;
    }
    case "f64": {
      const [a, b] = [words(found), words(wanted)];
      return (at) => {
        const [low, high] = [2 * at, 2 * at + 1];
        const isApart = (a[high]! < 0) !== (b[high]! < 0);
        const sign = isApart ? 1 : -1;
        // Halves are subtracted before they are joined: joined first, a float64 would lose low bits.
        const highs = (a[high]! & 0x7fffffff) + sign * (b[high]! & 0x7fffffff);
        return Math.abs(highs * HALF + ((a[low]! >>> 0) + sign * (b[low]! >>> 0)));
      };
    }
    default:
      return undefined;
  }
}

/** Returns the bits in words, the lowest word first: every machine that Deno runs on is little-endian. */
function words({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

/** Returns the rank of a float32 among all, from its bits. */
function ordered(bits: number): number {
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

/** Returns the bin of a distance. Bins hold 0, 1, 2, 3 to 4, 5 to 8 and so on. */
export function ulpBin(distance: number): number {
  if (distance < 2) return distance;
  if (distance <= HALF) return 33 - Math.clz32(distance - 1);
  return 33 + ulpBin(Math.ceil(distance / HALF)) - 1;
}
