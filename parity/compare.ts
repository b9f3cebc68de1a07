/**
 * Compares two tensors, element by element.
 *
 * @module
 */

import type { Tensor, TypedArray } from "../pipeline/tensor.ts";

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
  /** Largest |actual − expected| / |expected| over elements whose expected value is not 0. */
  readonly maxRelative: number;
  /** The smallest t with |actual − expected| ≤ t + t · |expected| everywhere. */
  readonly smallestTolerance: number;
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
  maxRelative: NaN,
  smallestTolerance: NaN,
};

/**
 * Compares a tensor with its reference. Presence, type, shape and finiteness come first; nothing is
 * skipped, trimmed or clamped.
 *
 * @param actual what was computed; undefined when it is missing
 * @param expected the reference; undefined when it is missing
 * @param tolerance what an element may be off
 * @returns the comparison; a missing tensor, another type or shape, or a value that is not finite on
 * either side fails
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { compare } from "./compare.ts";
 * import { tensor } from "../pipeline/tensor.ts";
 * const expected = tensor("f32", [2], Float32Array.of(1, 2));
 * const actual = tensor("f32", [2], Float32Array.of(1, 2.5));
 * ok(!compare(actual, expected, { absolute: 1e-6, relative: 1e-6 }).passed);
 * ```
 */
export function compare(
  actual: Tensor | undefined,
  expected: Tensor | undefined,
  tolerance: Tolerance,
): Comparison {
  const refuse = (reason: string): Comparison => ({ ...NOTHING, reason });
  if (expected === undefined) return refuse("the reference is missing");
  if (actual === undefined) return refuse("the output is missing");
  if (actual.dtype !== expected.dtype) {
    return refuse(`the type is ${actual.dtype}, expected ${expected.dtype}`);
  }
  const shapes = [actual, expected].map(({ shape }) => `[${shape.join(", ")}]`);
  if (shapes[0] !== shapes[1]) return refuse(`the shape is ${shapes[0]}, expected ${shapes[1]}`);
  const { absolute, relative, differing = 1 } = tolerance;
  if (![absolute, relative, differing].every(Number.isFinite)) {
    return refuse(`the tolerance is ${absolute} + ${relative} · expected in ${differing} of all`);
  }
  for (const [side, { data }] of [["reference", expected], ["output", actual]] as const) {
    const bad = firstNotFinite(data);
    if (bad >= 0) {
      return refuse(`the ${side} has ${data[bad]} at ${indexText(bad, expected.shape)}`);
    }
  }
  return measure(actual.data, expected.data, expected.shape, tolerance);
}

function measure(
  actual: TypedArray,
  expected: TypedArray,
  shape: readonly number[],
  { absolute, relative, differing: share = 1 }: Tolerance,
): Comparison {
  let failing = 0;
  let differing = 0;
  let maxAbsolute = 0;
  let sum = 0;
  let sumOfSquares = 0;
  let maxRelative = 0;
  let smallestTolerance = 0;
  let worstExcess = -Infinity;
  let worstAt = 0;
  for (let at = 0; at < expected.length; at++) {
    const reference = Number(expected[at]);
    const error = Math.abs(Number(actual[at]) - reference);
    const size = Math.abs(reference);
    const excess = error - (absolute + relative * size);
    if (!(excess <= 0)) failing++;
    if (error > 0) differing++;
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
  const elements = expected.length;
  const worst = {
    index: indexOf(worstAt, shape),
    actual: Number(actual[worstAt]),
    expected: Number(expected[worstAt]),
  };
  const reasons = [
    ...(failing === 0 ? [] : [
      `${failing} of ${elements} elements miss the tolerance, worst at ` +
      `${indexText(worstAt, shape)}: ${worst.actual}, expected ${worst.expected}`,
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
    maxAbsolute,
    meanAbsolute: elements === 0 ? 0 : sum / elements,
    rms: elements === 0 ? 0 : Math.sqrt(sumOfSquares / elements),
    maxRelative,
    smallestTolerance,
    ...(elements > 0 && { worst }),
  };
}

function firstNotFinite(data: TypedArray): number {
  return data.findIndex((value: number | bigint) => !Number.isFinite(Number(value)));
}

/** The index along each axis of an element in C order. */
function indexOf(at: number, shape: readonly number[]): number[] {
  return shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    return Math.floor(at / stride) % (shape[axis] ?? 1);
  });
}

function indexText(at: number, shape: readonly number[]): string {
  return `[${indexOf(at, shape).join(", ")}]`;
}
