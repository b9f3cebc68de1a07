/**
 * Compares two tensors, element by element.
 *
 * @module
 */

import type { Tensor, TypedArray } from "../core/tensor.ts";
import { ErrorCounts } from "./error_quantile.ts";
import { Profile } from "./profile.ts";
import { ulpBin, ulpDistances, type UlpHistogram } from "./ulps.ts";

/**
 * How far an element may be off: |actual − expected| ≤ absolute + relative · |expected|. Both 0 asks
 * for equality. Besides, only a share of the elements may be off at all where there is such a bound.
 */
export interface Tolerance {
  /** What any element may be off. */
  readonly absolute: number;
  /** What it may be off besides, as a share of the expected value. */
  readonly relative: number;
  /** The share of the elements that may differ at all, 0 to 1; absent for any. */
  readonly differing?: number;
}

/** How two tensors differ. */
export interface Comparison {
  /** Whether presence, type, shape and every element are as they should be. */
  readonly passed: boolean;
  /** Why not, in words; absent when it passed. */
  readonly reason?: string;
  /** Number of elements compared; 0 when type or shape differ. */
  readonly elements: number;
  /** Elements that miss the tolerance. */
  readonly failing: number;
  /** Elements that differ at all. */
  readonly differing: number;
  /** Largest absolute error. */
  readonly maxAbsolute: number;
  /** Mean absolute error. */
  readonly meanAbsolute: number;
  /** Root of the mean squared error. */
  readonly rms: number;
  /** What 99.9 % of the absolute errors are at most, up to 0.8 % too large. */
  readonly quantile999: number;
  /** Largest |actual − expected| / |expected| over elements whose expected value is not 0. */
  readonly maxRelative: number;
  /** The smallest t with |actual − expected| ≤ t + t · |expected| everywhere. */
  readonly smallestTolerance: number;
  /**
   * How many times as large all errors could be and no element would miss the tolerance; below 1 where one does. Null
   * where nothing is off.
   */
  readonly margin: number | null;
  /** How many floats are how many units in the last place of their type off; null where there are none. */
  readonly ulps: UlpHistogram | null;
  /**
   * The largest absolute error in each of up to 200 equal parts of the time axis; absent where there is no such axis
   * or nobody asked for it.
   */
  readonly profile?: readonly number[];
  /** Where the tolerance is exceeded most, or most nearly; absent when there are no elements. */
  readonly worst?: {
    readonly index: readonly number[];
    readonly actual: number;
    readonly expected: number;
  };
}

const NOTHING: Omit<Comparison, "reason"> = {
  passed: false,
  elements: 0,
  failing: 0,
  differing: 0,
  maxAbsolute: NaN,
  meanAbsolute: NaN,
  rms: NaN,
  quantile999: NaN,
  maxRelative: NaN,
  smallestTolerance: NaN,
  margin: null,
  ulps: null,
};

/**
 * Compares a tensor with its reference. Presence, type, shape and finiteness come first; nothing is
 * skipped, trimmed or clamped.
 *
 * @param actual what was computed; undefined when it is missing
 * @param expected the reference; undefined when it is missing
 * @param tolerance what an element may be off
 * @param timeAxis the axis that the profile runs along; absent for no profile
 * @returns the comparison; a missing tensor, another type or shape, or a value that is not finite on
 * either side fails
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { compare } from "./compare.ts";
 * import { tensor } from "../core/tensor.ts";
 * const expected = tensor("f32", [2], Float32Array.of(1, 2));
 * const actual = tensor("f32", [2], Float32Array.of(1, 2.5));
 * ok(!compare(actual, expected, { absolute: 1e-6, relative: 1e-6 }).passed);
 * ```
 */
export function compare(
  actual: Tensor | undefined,
  expected: Tensor | undefined,
  tolerance: Tolerance,
  timeAxis?: number,
): Comparison {
  if (expected === undefined) return refused("the reference is missing");
  if (actual === undefined) return refused("the output is missing");
  const reason = unlike(actual, expected);
  if (reason !== undefined) return refused(reason);
  const measurement = new Measurement(expected.shape, tolerance, timeAxis);
  measurement.add(actual.data, expected.data);
  return measurement.result();
}

/**
 * A comparison that fails before any element is looked at.
 *
 * @param reason why
 */
export function refused(reason: string): Comparison {
  return { ...NOTHING, reason };
}

/**
 * Why elements cannot be compared; nothing where they can.
 *
 * @param actual type and shape of what was computed
 * @param expected those of the reference
 */
export function unlike(
  actual: Pick<Tensor, "dtype" | "shape">,
  expected: Pick<Tensor, "dtype" | "shape">,
): string | undefined {
  if (actual.dtype !== expected.dtype) {
    return `the type is ${actual.dtype}, expected ${expected.dtype}`;
  }
  const [found, wanted] = [actual, expected].map(({ shape }) => `[${shape.join(", ")}]`);
  return found === wanted ? undefined : `the shape is ${found}, expected ${wanted}`;
}

/** A comparison of tensors that come in parts: what is added first comes first in C order. */
export class Measurement {
  readonly #shape: readonly number[];
  readonly #tolerance: Required<Tolerance>;
  #elements = 0;
  #failing = 0;
  #differing = 0;
  #maxAbsolute = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #maxRelative = 0;
  #smallestTolerance = 0;
  #largestShare = 0;
  readonly #errors = new ErrorCounts();
  readonly #ulpCounts: number[] = [];
  #maxUlps = 0;
  readonly #profile: Profile | undefined;
  #worst = { excess: -Infinity, at: 0, actual: NaN, expected: NaN };
  #refusal: string | undefined;

  /**
   * Starts with no elements.
   *
   * @param shape of the whole tensors
   * @param tolerance what an element may be off
   * @param timeAxis the axis that the profile runs along; absent for no profile
   */
  constructor(
    shape: readonly number[],
    { absolute, relative, differing = 1 }: Tolerance,
    timeAxis?: number,
  ) {
    this.#shape = shape;
    if (timeAxis !== undefined) this.#profile = new Profile(shape, timeAxis);
    this.#tolerance = { absolute, relative, differing };
    if (![absolute, relative, differing].every(Number.isFinite)) {
      this.#refusal =
        `the tolerance is ${absolute} + ${relative} · expected in ${differing} of all`;
    }
  }

  /**
   * Compares the next elements.
   *
   * @param actual what was computed
   * @param expected the reference, as many
   * @returns whether there is any use in going on: not after a value that is not finite
   */
  add(actual: TypedArray, expected: TypedArray): boolean {
    for (const [side, data] of [["reference", expected], ["output", actual]] as const) {
      const bad = firstNotFinite(data);
      if (bad >= 0) {
        const where = indexText(this.#elements + bad, this.#shape);
        this.#refusal ??= `the ${side} has ${data[bad]} at ${where}`;
      }
    }
    if (this.#refusal !== undefined) return false;
    // The profile counts on from the elements that came before.
    this.#profile?.add(this.#elements, actual, expected);
    this.#measure(actual, expected);
    this.#measureUlps(actual, expected);
    return true;
  }

  #measure(actual: TypedArray, expected: TypedArray): void {
    const { absolute, relative } = this.#tolerance;
    // In locals, since this loop sees every element.
    let [failing, differing, sum, sumOfSquares] = [0, 0, 0, 0];
    let [maxAbsolute, maxRelative, smallestTolerance] = [0, 0, 0];
    let [worstExcess, worstAt] = [-Infinity, 0];
    let largestShare = this.#largestShare;
    const errors = this.#errors;
    for (let at = 0; at < expected.length; at++) {
      const reference = Number(expected[at]);
      const error = Math.abs(Number(actual[at]) - reference);
      const size = Math.abs(reference);
      const bound = absolute + relative * size;
      const excess = error - bound;
      if (!(excess <= 0)) failing++;
      if (error > 0) differing++;
      if (error > largestShare * bound) largestShare = error / bound;
      errors.add(error);
      if (excess > worstExcess) {
        worstExcess = excess;
        worstAt = at;
      }
      maxAbsolute = Math.max(maxAbsolute, error);
      sum += error;
      sumOfSquares += error * error;
      if (size > 0) maxRelative = Math.max(maxRelative, error / size);
      smallestTolerance = Math.max(smallestTolerance, error / (1 + size));
    }
    if (worstExcess > this.#worst.excess) {
      this.#worst = {
        excess: worstExcess,
        at: this.#elements + worstAt,
        actual: Number(actual[worstAt]),
        expected: Number(expected[worstAt]),
      };
    }
    this.#elements += expected.length;
    this.#failing += failing;
    this.#differing += differing;
    this.#sum += sum;
    this.#sumOfSquares += sumOfSquares;
    this.#maxAbsolute = Math.max(this.#maxAbsolute, maxAbsolute);
    this.#maxRelative = Math.max(this.#maxRelative, maxRelative);
    this.#smallestTolerance = Math.max(this.#smallestTolerance, smallestTolerance);
    this.#largestShare = largestShare;
  }

  #measureUlps(actual: TypedArray, expected: TypedArray): void {
    const distance = ulpDistances(actual, expected);
    if (distance === undefined) return;
    const counts = this.#ulpCounts;
    for (let at = 0; at < expected.length; at++) {
      const ulps = distance(at);
      const bin = ulpBin(ulps);
      while (counts.length <= bin) counts.push(0);
      counts[bin]!++;
      if (ulps > this.#maxUlps) this.#maxUlps = ulps;
    }
  }

  /** The comparison of all that was added. */
  result(): Comparison {
    if (this.#refusal !== undefined) return { ...NOTHING, reason: this.#refusal };
    const [elements, failing, differing] = [this.#elements, this.#failing, this.#differing];
    const share = this.#tolerance.differing;
    const { at, actual, expected } = this.#worst;
    const reasons = [
      ...(failing === 0 ? [] : [
        `${failing} of ${elements} elements miss the tolerance, worst at ` +
        `${indexText(at, this.#shape)}: ${actual}, expected ${expected}`,
      ]),
      ...(differing <= share * elements ? [] : [
        `${differing} of ${elements} elements differ, more than ${share * 100} %`,
      ]),
    ];
    return {
      passed: reasons.length === 0,
      ...(reasons.length > 0 && { reason: reasons.join("; ") }),
      elements,
      failing,
      differing,
      maxAbsolute: this.#maxAbsolute,
      meanAbsolute: elements === 0 ? 0 : this.#sum / elements,
      rms: elements === 0 ? 0 : Math.sqrt(this.#sumOfSquares / elements),
      quantile999: this.#errors.quantile(0.999, this.#maxAbsolute),
      maxRelative: this.#maxRelative,
      smallestTolerance: this.#smallestTolerance,
      margin: this.#largestShare === 0 ? null : 1 / this.#largestShare,
      ulps: this.#ulpCounts.length === 0 ? null : {
        counts: [...this.#ulpCounts],
        max: this.#maxUlps,
      },
      ...(this.#profile && elements > 0 && { profile: this.#profile.largest() }),
      ...(elements > 0 && { worst: { index: indexOf(at, this.#shape), actual, expected } }),
    };
  }
}

function firstNotFinite(data: TypedArray): number {
  return data.findIndex((value: number | bigint) => !Number.isFinite(Number(value)));
}

/** The index along each axis of an element in C order. */
export function indexOf(at: number, shape: readonly number[]): number[] {
  return shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    return Math.floor(at / stride) % (shape[axis] ?? 1);
  });
}

function indexText(at: number, shape: readonly number[]): string {
  return `[${indexOf(at, shape).join(", ")}]`;
}
