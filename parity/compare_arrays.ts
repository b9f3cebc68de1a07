/**
 * Compares arrays that are in memory or in files. Files are read in blocks.
 *
 * @module
 */

import { hash32 } from "../core/counter_random.ts";
import { type Elements, type ElementType, partsOf } from "../core/elements.ts";
import { reasonOf } from "../core/reason.ts";
import type { ArrayOpener } from "../core/recorded_arrays.ts";
import { elementCount, type Tensor } from "../core/tensor.ts";
import { ErrorMap } from "./_picture.ts";
import { compare, errorsOf, indexOf, Measurement, mismatch, refused } from "./compare.ts";
import type { Comparison, Picture, Tolerance } from "./report.ts";

/** An array in a file. */
export interface StoredArray {
  /** Path of the file or folder, for messages. */
  readonly path: string;
  /** Opens the array. */
  readonly open: ArrayOpener;
}

/** An array in memory or in a file. */
export type SeamArray = Tensor | StoredArray;

/**
 * Elements of an array that is not stored whole: element i is that at index hash32(i) mod size, in C order. The last ones
 * may be at listed indices instead.
 */
export interface Sample {
  /** Shape of the whole array. */
  readonly shape: readonly number[];
  /** Statistics of all its elements. */
  readonly statistics: SampleStatistics;
  /** Indices of the last stored elements, such as those where upstream's float32 error is largest; absent for none. */
  readonly listed?: ArrayLike<number>;
}

/** Statistics of all elements of an array; of complex ones of their parts. */
export interface SampleStatistics {
  /** Mean. */
  readonly mean: number;
  /** Root mean square. */
  readonly rms: number;
  /** Largest absolute value; absent in older references. */
  readonly max?: number;
}

/** Elements that are read at a time: 32 MB for two files of float64. */
const BLOCK_ELEMENTS = 1 << 21;

/** A file that cannot be read as an array. */
class ArrayFileError extends Error {
  /** Name of the class. */
  override name = "ArrayFileError";
}

/** An open array. */
interface OpenArray {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Reads elements, in C order; the next call may overwrite them. */
  read(first: number, count: number): Promise<Elements>;
  close(): Promise<void>;
}

/** Properties of a comparison. */
export interface ArrayComparison {
  /** Returns the tolerance for a type of elements. */
  readonly toleranceFor: (type: ElementType) => Tolerance;
  /** Axis of the error profile; absent for no profile. */
  readonly timeAxis?: number;
  /** Whole array of which `expected` holds elements; absent where it is whole itself. */
  readonly sample?: Sample;
}

/**
 * Compares an array with its reference.
 *
 * @param actual the computed array; undefined where it is missing
 * @param expected the reference, whole or sampled
 * @param options tolerance, time axis, sample
 * @returns the comparison, which fails where a file cannot be read, and the tolerance
 */
export async function compareArrays(
  actual: SeamArray | undefined,
  expected: SeamArray,
  { toleranceFor, timeAxis, sample }: ArrayComparison,
): Promise<{ readonly tolerance: Tolerance; readonly comparison: Comparison }> {
  if ("data" in expected && sample === undefined && (actual === undefined || "data" in actual)) {
    const tolerance = toleranceFor(expected.dtype);
    return { tolerance, comparison: compare(actual, expected, tolerance, timeAxis) };
  }
  const opened: OpenArray[] = [];
  let tolerance: Tolerance = { absolute: 0, relative: 0 };
  try {
    const wanted = await openArray(expected);
    opened.push(wanted);
    tolerance = toleranceFor(wanted.type);
    if (actual === undefined) return { tolerance, comparison: refused("the output is missing") };
    const found = await openArray(actual);
    opened.push(found);
    const comparison = sample === undefined
      ? await compareWhole(found, wanted, tolerance, timeAxis)
      : await compareSampled(found, wanted, sample, tolerance);
    return { tolerance, comparison };
  } catch (cause) {
    if (!(cause instanceof ArrayFileError)) throw cause;
    return { tolerance, comparison: refused(cause.message) };
  } finally {
    await Promise.all(opened.map((array) => array.close()));
  }
}

/**
 * Draws the errors of an array over time.
 *
 * @param actual the computed array
 * @param expected its reference, of the same type and shape
 * @param axes names of the axes
 * @param sample whole array of which `expected` holds elements; absent where it is whole itself
 * @returns the heat map; undefined where no axis is time, or a file can no longer be read
 */
export async function drawErrors(
  actual: SeamArray,
  expected: SeamArray,
  axes: readonly (number | string)[],
  sample?: Sample,
): Promise<Picture | undefined> {
  const opened: OpenArray[] = [];
  try {
    for (const array of [actual, expected]) opened.push(await openArray(array));
    const [found, wanted] = opened as [OpenArray, OpenArray];
    const all = elementCount(wanted.shape);
    if (sample !== undefined) {
      const map = ErrorMap.over(sample.shape, axes, all);
      const indexAt = indicesOf(sample, all);
      const { elements } = await sampleOf(found, all, indexAt);
      const { errors } = errorsOf(elements, await wanted.read(0, all), partsOf(wanted.type));
      errors.forEach((error, at) => map?.add(indexAt(at), error));
      return map?.picture();
    }
    const map = ErrorMap.over(wanted.shape, axes, all);
    for (let first = 0; map !== undefined && first < all; first += BLOCK_ELEMENTS) {
      const count = Math.min(BLOCK_ELEMENTS, all - first);
      const blocks = await Promise.all([found.read(first, count), wanted.read(first, count)]);
      errorsOf(...blocks, partsOf(wanted.type)).errors.forEach((error, at) =>
        map.add(first + at, error)
      );
    }
    return map?.picture();
  } catch (cause) {
    if (!(cause instanceof ArrayFileError)) throw cause;
    return undefined;
  } finally {
    await Promise.all(opened.map((array) => array.close()));
  }
}

/**
 * Reads elements of an array at the indices of a sample, and the statistics of all elements.
 *
 * @param array the whole array
 * @param count number of elements of the sample; element i is that at index hash32(i) mod size
 * @throws {ArrayFileError} if a file cannot be read
 */
export async function takeSample(
  array: SeamArray,
  count: number,
): Promise<{ readonly type: ElementType; readonly elements: Elements; readonly sample: Sample }> {
  const opened = await openArray(array);
  try {
    const size = elementCount(opened.shape);
    const { elements, statistics } = await sampleOf(opened, count, (at) => hashedAt(at, size));
    return { type: opened.type, elements, sample: { shape: opened.shape, statistics } };
  } finally {
    await opened.close();
  }
}

async function compareWhole(
  actual: OpenArray,
  expected: OpenArray,
  tolerance: Tolerance,
  timeAxis: number | undefined,
): Promise<Comparison> {
  const reason = mismatch(
    { dtype: actual.type, shape: actual.shape },
    { dtype: expected.type, shape: expected.shape },
  );
  if (reason !== undefined) return refused(reason);
  const measurement = new Measurement(expected.type, expected.shape, tolerance, timeAxis);
  const all = elementCount(expected.shape);
  for (let first = 0; first < all; first += BLOCK_ELEMENTS) {
    const count = Math.min(BLOCK_ELEMENTS, all - first);
    const [wanted, found] = await Promise.all([
      expected.read(first, count),
      actual.read(first, count),
    ]);
    if (!measurement.add(found, wanted)) break;
  }
  return measurement.result();
}

/** Compares the stored elements, then statistics of all: an error outside of the sample changes them. */
async function compareSampled(
  actual: OpenArray,
  stored: OpenArray,
  sample: Sample,
  tolerance: Tolerance,
): Promise<Comparison> {
  const { shape, statistics, listed } = sample;
  const reason = mismatch(
    { dtype: actual.type, shape: actual.shape },
    { dtype: stored.type, shape },
  );
  if (reason !== undefined) return refused(reason);
  const count = elementCount(stored.shape);
  const indexAt = indicesOf(sample, count);
  const taken = await sampleOf(actual, count, indexAt);
  const place = (at: number): number[] => indexOf(indexAt(at), shape);
  const measurement = new Measurement(stored.type, [count], tolerance, undefined, place);
  measurement.add(taken.elements, await stored.read(0, count));
  const comparison: Comparison = {
    ...measurement.result(),
    sampled: {
      ...{ of: elementCount(shape), listed: listed?.length ?? 0 },
      statistics: bothOf(taken.statistics, statistics),
    },
  };
  const off = statisticsOff(taken.statistics, statistics, tolerance, partsOf(stored.type));
  if (off === undefined || !comparison.passed) return comparison;
  return { ...comparison, passed: false, reason: off };
}

/** Returns each statistic that the reference has, with that of the output; undefined where one is not finite. */
function bothOf(
  found: SampleStatistics,
  expected: SampleStatistics,
): NonNullable<NonNullable<Comparison["sampled"]>["statistics"]> {
  const pairs = STATISTICS.flatMap((name) => {
    const [actual, wanted] = [found[name], expected[name]];
    const isKnown = Number.isFinite(actual) && wanted !== undefined;
    return isKnown ? [[name, { actual, expected: wanted }]] : [];
  });
  return Object.fromEntries(pairs);
}

const STATISTICS = ["mean", "rms", "max"] as const;

/** Returns why the statistics of all elements show an error that the sample does not; undefined where they agree. */
function statisticsOff(
  found: SampleStatistics,
  expected: SampleStatistics,
  { absolute, relative }: Tolerance,
  parts: number,
): string | undefined {
  for (const name of STATISTICS) {
    const [actual, wanted] = [found[name], expected[name]];
    if (wanted === undefined) continue;
    // |mean of errors| <= mean of |errors| <= absolute + relative * rms; the same holds for rms. The largest values differ
    // by no more than the error of one of them.
    const size = name === "max" ? wanted : expected.rms;
    // Sums of floats in another order, and statistics of nine digits, differ by less than 1e-9.
    const allowed = absolute + parts * relative * size + 1e-9 * size;
    if (actual !== undefined && Math.abs(actual - wanted) <= allowed) continue;
    return `the ${name} of all elements is ${actual}, expected ${wanted}, while all ` +
      "stored elements pass";
  }
  return undefined;
}

/** Returns the index in the whole array, in C order, of each of the stored elements. */
function indicesOf({ shape, listed }: Sample, count: number): (at: number) => number {
  const size = elementCount(shape);
  const hashed = count - (listed?.length ?? 0);
  return (at) => at < hashed ? hashedAt(at, size) : listed![at - hashed]!;
}

function hashedAt(at: number, size: number): number {
  return hash32(at) % size;
}

async function sampleOf(
  array: OpenArray,
  count: number,
  indexAt: (at: number) => number,
): Promise<{ readonly elements: Elements; readonly statistics: SampleStatistics }> {
  const size = elementCount(array.shape);
  const parts = partsOf(array.type);
  const order = Array.from({ length: size === 0 ? 0 : count }, (_, at) => at)
    .sort((a, b) => indexAt(a) - indexAt(b));
  let elements: Elements | undefined;
  let [next, sum, squares, max] = [0, 0, 0, 0];
  for (let first = 0; first < size; first += BLOCK_ELEMENTS) {
    const block = await array.read(first, Math.min(BLOCK_ELEMENTS, size - first));
    elements ??= new (block.constructor as new (length: number) => Elements)(order.length * parts);
    for (const value of block) {
      const number = Number(value);
      sum += number;
      squares += number * number;
      max = Math.max(max, Math.abs(number));
    }
    while (next < order.length && indexAt(order[next]!) < first + block.length / parts) {
      const at = order[next++]!;
      const from = (indexAt(at) - first) * parts;
      elements.set(block.subarray(from, from + parts) as never, at * parts);
    }
  }
  const all = size * parts;
  const statistics = all === 0
    ? { mean: 0, rms: 0, max: 0 }
    : { mean: sum / all, rms: Math.sqrt(squares / all), max };
  return { elements: elements ?? new Float32Array(), statistics };
}

async function openArray(array: SeamArray): Promise<OpenArray> {
  if ("data" in array) {
    const { dtype: type, shape, data } = array;
    return {
      ...{ type, shape },
      read: (first, count) => Promise.resolve(data.subarray(first, first + count) as Elements),
      close: () => Promise.resolve(),
    };
  }
  const { array: file, close } = await orFileError(array.path, () => array.open());
  return {
    ...{ type: file.type, shape: file.shape, close },
    read: (first, count) => orFileError(array.path, () => file.read(first, count)),
  };
}

/** @throws {ArrayFileError} if the file cannot be read or is not an array */
async function orFileError<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new ArrayFileError(`${path}: ${reasonOf(cause)}`, { cause });
  }
}
