/**
 * Compares two recordings of seams: folders with one `.npy` file for each seam, written by any program.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { NpyError } from "../core/npy_error.ts";
import { NpyFile } from "../core/npy_file.ts";
import { reasonOf } from "../core/reason.ts";
import type { JsonOf } from "../core/schema.ts";
import { type DType, elementCount } from "../core/tensor.ts";
import { SEAMS } from "../pipeline/seams.ts";
import { EXACT, Measurement, mismatch, refused } from "./compare.ts";
import { type FloatTolerance, floatTolerance } from "./judge.ts";
import { type Comparison, comparisonSchema, type Tolerance, toleranceSchema } from "./report.ts";

/** Elements that are compared at a time: 32 MB for two files of float64. */
const BLOCK_ELEMENTS = 1 << 21;

const ENDING = ".npy";

/** A recording cannot be read. */
export class RecordingError extends Error {
  /** Name of the class. */
  override name = "RecordingError";
}

const seamDifference = z.strictObject({
  seam: z.string().describe("Name of the seam, which is that of the file"),
  verdict: z.enum(["pass", "fail", "extra"])
    .describe("extra marks a seam that only the second recording has"),
  tolerance: toleranceSchema,
  comparison: comparisonSchema.describe("Difference of the second recording from the first"),
}).meta({ id: "seamDifference", description: "One seam of two recordings" });

/**
 * Schema of {@linkcode RecordingDifference}, as `parity diff --export-json` writes it.
 *
 * @internal
 */
export const recordingDifferenceSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  expected: z.string().describe("Folder of the first recording"),
  actual: z.string().describe("Folder of the second recording"),
  seams: z.array(seamDifference)
    .describe("Seams of both recordings, in the order of the pipeline, then by name"),
});

const SCHEMAS = { seam: seamDifference, difference: recordingDifferenceSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** One seam of two recordings. */
export type SeamDifference = JsonOf<Schemas["seam"]>;

/** Differences between two recordings. */
export type RecordingDifference = JsonOf<Schemas["difference"]>;

/**
 * Compares two recordings. Files are read in blocks.
 *
 * @param expected folder of the reference
 * @param actual folder of the recording that is compared with it
 * @param floats tolerance of float seams, 1e-6 by default; other seams follow their own rule, unknown
 * ones must be equal
 * @param onSeam receives the name of each seam before its comparison
 * @throws {RecordingError} if a folder cannot be read, or the first has no seams
 */
export async function diffRecordings(
  expected: string,
  actual: string,
  floats: FloatTolerance = {},
  onSeam: (seam: string) => void = () => {},
): Promise<RecordingDifference> {
  const [wanted, found] = [await seamsOf(expected), await seamsOf(actual)];
  if (wanted.size === 0) throw new RecordingError(`${expected} has no ${ENDING} files`);
  const seams: SeamDifference[] = [];
  for (const seam of ordered(new Set([...wanted, ...found]))) {
    onSeam(seam);
    const file = `${seam}${ENDING}`;
    if (!wanted.has(seam)) {
      const comparison = refused("the reference is missing");
      seams.push({ seam, verdict: "extra", tolerance: EXACT, comparison });
    } else if (!found.has(seam)) {
      const comparison = refused("the output is missing");
      seams.push({ seam, verdict: "fail", tolerance: EXACT, comparison });
    } else {
      const paths = [join(expected, file), join(actual, file)] as const;
      const toleranceFor = (dtype: DType): Tolerance => toleranceOf(seam, dtype, floats);
      seams.push({ seam, ...await diffFiles(...paths, toleranceFor) });
    }
  }
  return { format: 1, expected, actual, seams };
}

/** Returns whether no expected seam is missing or outside its tolerance. */
export function isAlike({ seams }: RecordingDifference): boolean {
  return seams.every(({ verdict }) => verdict !== "fail");
}

async function diffFiles(
  expectedPath: string,
  actualPath: string,
  toleranceFor: (dtype: DType) => Tolerance,
): Promise<Omit<SeamDifference, "seam">> {
  const files: NpyFile[] = [];
  let tolerance = EXACT;
  try {
    for (const path of [expectedPath, actualPath]) files.push(await opened(path));
    const [expected, actual] = files as [NpyFile, NpyFile];
    tolerance = toleranceFor(expected.dtype);
    const comparison = await diffElements(expected, actual, tolerance);
    return { verdict: comparison.passed ? "pass" : "fail", tolerance, comparison };
  } catch (cause) {
    if (!(cause instanceof RecordingError)) throw cause;
    return { verdict: "fail", tolerance, comparison: refused(cause.message) };
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** @throws {RecordingError} if the file cannot be read or is not an array */
async function opened(path: string): Promise<NpyFile> {
  try {
    return await NpyFile.open(path);
  } catch (cause) {
    throw new RecordingError(`${path}: ${reasonOf(cause)}`, { cause });
  }
}

async function diffElements(
  expected: NpyFile,
  actual: NpyFile,
  tolerance: Tolerance,
): Promise<Comparison> {
  const reason = mismatch(actual, expected);
  if (reason !== undefined) return refused(reason);
  const measurement = new Measurement(expected.shape, tolerance);
  const all = elementCount(expected.shape);
  for (let first = 0; first < all; first += BLOCK_ELEMENTS) {
    const count = Math.min(BLOCK_ELEMENTS, all - first);
    const [wanted, found] = await Promise.all([
      expected.read(first, count),
      actual.read(first, count),
    ]).catch((cause) => {
      if (!(cause instanceof NpyError)) throw cause;
      throw new RecordingError(cause.message, { cause });
    });
    if (!measurement.add(found, wanted)) break;
  }
  return measurement.result();
}

function toleranceOf(seam: string, dtype: DType, floats: FloatTolerance): Tolerance {
  const isFloat = dtype === "f32" || dtype === "f64";
  const known = Object.hasOwn(SEAMS, seam) ? SEAMS[seam as keyof typeof SEAMS] : undefined;
  return floatTolerance(known?.judgement ?? (isFloat ? "float" : "equal"), floats);
}

/** Returns the names of the seams that a folder has files of. */
async function seamsOf(folder: string): Promise<Set<string>> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new RecordingError(`Cannot read the folder ${folder}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  return new Set(
    names.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length)),
  );
}

function ordered(seams: ReadonlySet<string>): string[] {
  const known = Object.keys(SEAMS).filter((seam) => seams.has(seam));
  return [...known, ...[...seams].filter((seam) => !known.includes(seam)).sort()];
}
