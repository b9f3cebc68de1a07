/**
 * Compares two tensors, element by element.
 *
 * @module
 */

import type { Tensor, TypedArray } from "../core/tensor.ts";
import { ErrorCounts, Profile, ulpBin, ulpDistances } from "./_error_statistics.ts";
import type { Comparison, Tolerance } from "./report.ts";

/** Tolerance of equality. */
export const EXACT: Tolerance = { absolute: 0, relative: 0 };

const NOTHING: Omit<Comparison, "reason"> = {
  passed: false,
  elements: 0,
  failing: 0,
  differing: 0,
  maxAbsolute: null,
  meanAbsolute: null,
  rms: null,
  quantile999: null,
  maxRelative: null,
  smallestTolerance: null,
  margin: null,
  ulps: null,
};

/**
 * Compares a tensor with its reference. Presence, type, shape and finiteness are checked first. No
 * element is skipped, trimmed or clamped.
 *
 * @param actual the computed tensor; undefined where it is missing
 * @param expected the reference; undefined where it is missing
 * @param tolerance allowed error of an element
 * @param timeAxis axis of the error profile; absent for no profile
 * @returns the comparison, which fails on a missing tensor, another type or shape, and a value on
 * either side that is not finite
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
  const reason = mismatch(actual, expected);
  if (reason !== undefined) return refused(reason);
  const measurement = new Measurement(expected.shape, tolerance, timeAxis);
  measurement.add(actual.data, expected.data);
  return measurement.result();
}

/**
 * Returns a comparison that fails before any element is compared.
 *
 * @param reason reason of the failure
 */
export function refused(reason: string): Comparison {
  return { ...NOTHING, reason };
}

/**
 * Returns the reason why the elements of two tensors cannot be compared, undefined where they can.
 *
 * @param actual type and shape of the computed tensor
 * @param expected type and shape of the reference
 */
export function mismatch(
  actual: Pick<Tensor, "dtype" | "shape">,
  expected: Pick<Tensor, "dtype" | "shape">,
): string | undefined {
  if (actual.dtype !== expected.dtype) {
    return `the type is ${actual.dtype}, expected ${expected.dtype}`;
  }
  const [found, wanted] = [actual, expected].map(({ shape }) => `[${shape.join(", ")}]`);
  return found === wanted ? undefined : `the shape is ${found}, expected ${wanted}`;
}

/** Comparison of tensors that arrive in blocks, in C order. */
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
   * @param shape shape of the whole tensors
   * @param tolerance allowed error of an element
   * @param timeAxis axis of the error profile; absent for no profile
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
   * Compares the next block of elements.
   *
   * @param actual computed values
   * @param expected reference values, as many
   * @returns false after a value that is not finite, when further blocks change nothing
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
    this.#profile?.add(this.#elements, actual, expected);
    this.#measure(actual, expected);
    this.#measureUlps(actual, expected);
    return true;
  }

  #measure(actual: TypedArray, expected: TypedArray): void {
    const { absolute, relative } = this.#tolerance;
    // Local variables are faster than fields, and this loop runs for every element.
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

  /** Returns the comparison of all blocks. */
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

/** Returns the index along each axis of an element in C order. */
export function indexOf(at: number, shape: readonly number[]): number[] {
  return shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    return Math.floor(at / stride) % (shape[axis] ?? 1);
  });
}

function indexText(at: number, shape: readonly number[]): string {
  return `[${indexOf(at, shape).join(", ")}]`;
}
