/**
 * Compares two tensors, element by element.
 *
 * @module
 */

import { type Elements, elementText, type ElementType, partsOf } from "../core/elements.ts";
import type { Tensor } from "../core/tensor.ts";
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
  const measurement = new Measurement(expected.dtype, expected.shape, tolerance, timeAxis);
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
  actual: { readonly dtype: ElementType; readonly shape: readonly number[] },
  expected: { readonly dtype: ElementType; readonly shape: readonly number[] },
): string | undefined {
  if (actual.dtype !== expected.dtype) {
    return `the type is ${actual.dtype}, expected ${expected.dtype}`;
  }
  const [found, wanted] = [actual, expected].map(({ shape }) => `[${shape.join(", ")}]`);
  return found === wanted ? undefined : `the shape is ${found}, expected ${wanted}`;
}

/** Elements whose errors are held at a time. */
const STRIP_ELEMENTS = 1 << 16;

/**
 * Comparison of arrays that arrive in blocks, in C order. The error of a complex element is the magnitude of the
 * difference; 64-bit integers are subtracted exactly.
 */
export class Measurement {
  readonly #type: ElementType;
  readonly #tolerance: Required<Pick<Tolerance, "absolute" | "relative" | "differing" | "within">>;
  readonly #leastSnr: number | undefined;
  #elements = 0;
  #failing = 0;
  #differing = 0;
  #maxAbsolute = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #signal = 0;
  #maxRelative = 0;
  #smallestTolerance = 0;
  #largestShare = 0;
  readonly #errors = new ErrorCounts();
  readonly #ulpCounts: number[] = [];
  #maxUlps = 0;
  readonly #profile: Profile | undefined;
  readonly #place: (at: number) => readonly number[];
  #worst: { excess: number; at: number; actual: Element; expected: Element } = {
    ...{ excess: -Infinity, at: 0 },
    ...{ actual: { real: NaN, text: "" }, expected: { real: NaN, text: "" } },
  };
  #refusal: string | undefined;

  /**
   * Starts with no elements.
   *
   * @param type element type of both
   * @param shape shape of the whole arrays
   * @param tolerance allowed error of an element
   * @param timeAxis axis of the error profile; absent for no profile
   * @param place returns the index along each axis of an element; absent where the arrays are compared whole
   */
  constructor(
    type: ElementType,
    shape: readonly number[],
    { absolute, relative, differing = 1, within = 1, leastSnrDecibels }: Tolerance,
    timeAxis?: number,
    place: (at: number) => readonly number[] = (at) => indexOf(at, shape),
  ) {
    this.#leastSnr = leastSnrDecibels;
    this.#type = type;
    this.#place = place;
    if (timeAxis !== undefined) this.#profile = new Profile(shape, timeAxis);
    this.#tolerance = { absolute, relative, differing, within };
    if (![absolute, relative, differing, within].every(Number.isFinite)) {
      this.#refusal =
        `the tolerance is ${absolute} + ${relative} · expected in ${differing} of all`;
    }
  }

  /**
   * Compares the next block of elements.
   *
   * @param actual computed values; a complex element has two numbers
   * @param expected reference values, as many
   * @returns false after a value that is not finite, when further blocks change nothing
   */
  add(actual: Elements, expected: Elements): boolean {
    const parts = partsOf(this.#type);
    for (const [side, data] of [["reference", expected], ["output", actual]] as const) {
      const bad = firstNotFinite(data);
      if (bad >= 0) {
        const where = indexText(this.#place(this.#elements + Math.floor(bad / parts)));
        this.#refusal ??= `the ${side} has ${data[bad]} at ${where}`;
      }
    }
    if (this.#refusal !== undefined) return false;
    this.#measureUlps(actual, expected);
    const strip = STRIP_ELEMENTS * parts;
    for (let start = 0; start < expected.length; start += strip) {
      this.#measure(
        actual.subarray(start, start + strip),
        expected.subarray(start, start + strip),
      );
    }
    return true;
  }

  #measure(actual: Elements, expected: Elements): void {
    const { absolute, relative } = this.#tolerance;
    const { errors, sizes } = errorsOf(actual, expected, partsOf(this.#type));
    this.#profile?.add(this.#elements, errors);
    // Local variables are faster than fields, and this loop runs for every element.
    let [failing, differing] = [0, 0];
    // Sums go on from strip to strip, so that they do not depend on the size of strips and blocks.
    let [sum, sumOfSquares, signal] = [this.#sum, this.#sumOfSquares, this.#signal];
    let [maxAbsolute, maxRelative, smallestTolerance] = [0, 0, 0];
    let [worstExcess, worstAt] = [-Infinity, 0];
    let largestShare = this.#largestShare;
    const counts = this.#errors;
    for (let at = 0; at < errors.length; at++) {
      const error = errors[at]!;
      const size = sizes[at]!;
      const bound = absolute + relative * size;
      const excess = error - bound;
      if (!(excess <= 0)) failing++;
      if (error > 0) differing++;
      if (error > largestShare * bound) largestShare = error / bound;
      counts.add(error);
      if (excess > worstExcess) {
        worstExcess = excess;
        worstAt = at;
      }
      maxAbsolute = Math.max(maxAbsolute, error);
      sum += error;
      sumOfSquares += error * error;
      signal += size * size;
      if (size > 0) maxRelative = Math.max(maxRelative, error / size);
      smallestTolerance = Math.max(smallestTolerance, error / (1 + size));
    }
    if (worstExcess > this.#worst.excess) {
      const parts = partsOf(this.#type);
      this.#worst = {
        excess: worstExcess,
        at: this.#elements + worstAt,
        actual: elementAt(actual, worstAt, parts),
        expected: elementAt(expected, worstAt, parts),
      };
    }
    this.#elements += errors.length;
    this.#failing += failing;
    this.#differing += differing;
    this.#sum = sum;
    this.#sumOfSquares = sumOfSquares;
    this.#signal = signal;
    this.#maxAbsolute = Math.max(this.#maxAbsolute, maxAbsolute);
    this.#maxRelative = Math.max(this.#maxRelative, maxRelative);
    this.#smallestTolerance = Math.max(this.#smallestTolerance, smallestTolerance);
    this.#largestShare = largestShare;
  }

  #measureUlps(actual: Elements, expected: Elements): void {
    const distance = ulpDistances(this.#type, actual, expected);
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
    const { differing: share, within } = this.#tolerance;
    const { at, actual, expected } = this.#worst;
    const snr = this.#sumOfSquares === 0
      ? Infinity
      : 10 * Math.log10(this.#signal / this.#sumOfSquares);
    const reasons = [
      ...(this.#leastSnr === undefined || snr >= this.#leastSnr ? [] : [
        `the signal-to-noise ratio is ${snr.toFixed(1)} dB, expected at least ` +
        `${this.#leastSnr.toFixed(1)} dB`,
      ]),
      ...(elements - failing >= within * elements ? [] : [
        `${failing} of ${elements} elements miss the tolerance` +
        `${
          within === 1 ? "" : `, more than ${Number((100 * (1 - within)).toPrecision(3))} %`
        }, worst at ` +
        `${indexText(this.#place(at))}: ${actual.text}, expected ${expected.text}`,
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
      ...(this.#leastSnr !== undefined && { snrDecibels: Number.isFinite(snr) ? snr : null }),
      ...(this.#profile && elements > 0 && { profile: this.#profile.largest() }),
      ...(differing > 0 && { decades: this.#errors.decades() }),
      ...(elements > 0 && {
        worst: {
          index: [...this.#place(at)],
          ...{ actual: actual.real, expected: expected.real },
          ...(actual.imaginary !== undefined && { actualImaginary: actual.imaginary }),
          ...(expected.imaginary !== undefined && { expectedImaginary: expected.imaginary }),
        },
      }),
    };
  }
}

/** Returns the error of each element, and the magnitude of its reference; a complex element has two parts. */
export function errorsOf(
  actual: Elements,
  expected: Elements,
  parts: 1 | 2,
): { errors: Float64Array; sizes: Float64Array } {
  const count = expected.length / parts;
  const [errors, sizes] = [new Float64Array(count), new Float64Array(count)];
  if (isBig(actual) && isBig(expected)) {
    for (let at = 0; at < count; at++) {
      const [wanted, difference] = [expected[at]!, actual[at]! - expected[at]!];
      errors[at] = Math.abs(Number(difference));
      sizes[at] = Math.abs(Number(wanted));
    }
  } else if (parts === 2) {
    for (let at = 0; at < count; at++) {
      const [real, imaginary] = [Number(expected[2 * at]), Number(expected[2 * at + 1])];
      const [byReal, byImaginary] = [Number(actual[2 * at]), Number(actual[2 * at + 1])];
      errors[at] = Math.hypot(byReal - real, byImaginary - imaginary);
      sizes[at] = Math.hypot(real, imaginary);
    }
  } else {
    for (let at = 0; at < count; at++) {
      const wanted = Number(expected[at]);
      errors[at] = Math.abs(Number(actual[at]) - wanted);
      sizes[at] = Math.abs(wanted);
    }
  }
  return { errors, sizes };
}

function isBig(data: Elements): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** An element of an array as numbers and as text. */
interface Element {
  readonly real: number;
  /** Absent for a real element. */
  readonly imaginary?: number;
  readonly text: string;
}

function elementAt(data: Elements, at: number, parts: 1 | 2): Element {
  if (parts === 1) return { real: Number(data[at]), text: elementText(data[at]!) };
  const [real, imaginary] = [Number(data[2 * at]), Number(data[2 * at + 1])];
  return { real, imaginary, text: elementText(real, imaginary) };
}

function firstNotFinite(data: Elements): number {
  if (isBig(data)) return -1;
  return data.findIndex((value: number) => !Number.isFinite(value));
}

/** Returns the index along each axis of an element in C order. */
export function indexOf(at: number, shape: readonly number[]): number[] {
  return shape.map((_, axis) => {
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    return Math.floor(at / stride) % (shape[axis] ?? 1);
  });
}

function indexText(index: readonly number[]): string {
  return `[${index.join(", ")}]`;
}
