/**
 * Two recordings of seams, whoever made them: folders with one `.npy` file for each seam.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SEAMS } from "../pipeline/seams.ts";
import { type DType, elementCount } from "../core/tensor.ts";
import { textTable } from "../core/table.ts";
import { type Comparison, Measurement, refused, type Tolerance, unlike } from "./compare.ts";
import { TOLERANCES } from "./judge.ts";
import { NpyError } from "../core/npy_error.ts";
import { NpyFile } from "../core/npy_file.ts";
import { allowed, error, neededBy } from "./render/report.ts";

/** Elements that are compared at a time: of two files of float64, 32 MB. */
const BLOCK_ELEMENTS = 1 << 21;

const ENDING = ".npy";

/** A recording cannot be used; the message says why. */
export class RecordingError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "RecordingError";
}

/** One seam of two recordings. */
export interface SeamDifference {
  /** Its name: that of the file. */
  readonly seam: string;
  /** `extra` for a seam that is only in the second recording, which nobody asked for. */
  readonly verdict: "pass" | "fail" | "extra";
  /** What an element may be off. */
  readonly tolerance: Tolerance;
  /** How the second recording differs from the first. */
  readonly comparison: Comparison;
}

/** Two recordings side by side. */
export interface RecordingDifference {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** Folder of the first. */
  readonly expected: string;
  /** Folder of the second. */
  readonly actual: string;
  /** Every seam of either, in the order of the pipeline, then by name. */
  readonly seams: readonly SeamDifference[];
}

/** What floats may be off. */
export interface DiffTolerance {
  /** What any element may be off. */
  readonly absolute?: number;
  /** What it may be off besides, as a share of the expected value. */
  readonly relative?: number;
}

/**
 * Compares two recordings. Files are read in parts.
 *
 * @param expected folder of the first, which says what is right
 * @param actual folder of the second
 * @param floats what floats may be off, 1e-6 by default; all else is judged as its seam is, or has to be equal
 * @param onSeam is told the name of each seam when its comparison begins
 * @throws {RecordingError} if a folder cannot be read, or the first has no seams
 */
export async function diffRecordings(
  expected: string,
  actual: string,
  floats: DiffTolerance = {},
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
      seams.push({ seam, verdict: "extra", tolerance: TOLERANCES.equal, comparison });
    } else if (!found.has(seam)) {
      const comparison = refused("the output is missing");
      seams.push({ seam, verdict: "fail", tolerance: TOLERANCES.equal, comparison });
    } else {
      const paths = [join(expected, file), join(actual, file)] as const;
      seams.push({ seam, ...await diffFiles(...paths, (dtype) => rule(seam, dtype, floats)) });
    }
  }
  return { format: 1, expected, actual, seams };
}

/** Whether nothing that was expected is missing or off. */
export function isAlike({ seams }: RecordingDifference): boolean {
  return seams.every(({ verdict }) => verdict !== "fail");
}

/** The differences as text: one row a seam, below it what failed and why, the first in the pipeline first. */
export function diffTable({ seams }: RecordingDifference): string {
  const rows = seams.map(({ seam, verdict, tolerance, comparison }) => [
    seam,
    comparison.elements > 0 ? String(comparison.elements) : "",
    comparison.elements > 0 ? String(comparison.failing) : "",
    error(comparison.maxAbsolute),
    comparison.elements > 0 ? neededBy({ comparison, tolerance }) : "",
    verdict === "extra" ? "" : allowed(tolerance),
    verdict,
  ]);
  const head = ["seam", "elements", "failing", "max error", "needs", "allowed", "verdict"];
  const count = (verdict: string): number => seams.filter((one) => one.verdict === verdict).length;
  return [
    ...textTable([head, ...rows], (column) => column >= 1 && column <= 5),
    ...seams.filter(({ verdict }) => verdict === "fail")
      .map(({ seam, comparison }) => `fail: ${seam}: ${comparison.reason}`),
    `${count("pass")} seams passed, ${count("fail")} failed, ${count("extra")} extra`,
  ].join("\n");
}

async function diffFiles(
  expectedPath: string,
  actualPath: string,
  toleranceFor: (dtype: DType) => Tolerance,
): Promise<Omit<SeamDifference, "seam">> {
  const files: NpyFile[] = [];
  let tolerance = TOLERANCES.equal;
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

/** @throws {RecordingError} if it cannot be read or is no array */
async function opened(path: string): Promise<NpyFile> {
  try {
    return await NpyFile.open(path);
  } catch (cause) {
    throw new RecordingError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

async function diffElements(
  expected: NpyFile,
  actual: NpyFile,
  tolerance: Tolerance,
): Promise<Comparison> {
  const reason = unlike(actual, expected);
  if (reason !== undefined) return refused(reason);
  const measurement = new Measurement(expected.shape, tolerance);
  const all = elementCount(expected.shape);
  for (let first = 0; first < all; first += BLOCK_ELEMENTS) {
    const count = Math.min(BLOCK_ELEMENTS, all - first);
    const [theirs, ours] = await Promise.all([
      expected.read(first, count),
      actual.read(first, count),
    ]).catch((cause) => {
      if (!(cause instanceof NpyError)) throw cause;
      throw new RecordingError(cause.message, { cause });
    });
    if (!measurement.add(ours, theirs)) break;
  }
  return measurement.result();
}

function rule(seam: string, dtype: DType, { absolute, relative }: DiffTolerance): Tolerance {
  const isFloat = dtype === "f32" || dtype === "f64";
  const known = Object.hasOwn(SEAMS, seam) ? SEAMS[seam as keyof typeof SEAMS] : undefined;
  const judgement = known?.judgement ?? (isFloat ? "float" : "equal");
  const own = TOLERANCES[judgement];
  if (judgement !== "float") return own;
  return { absolute: absolute ?? own.absolute, relative: relative ?? own.relative };
}

/** The names of the seams that a folder has files of. */
async function seamsOf(folder: string): Promise<Set<string>> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new RecordingError(`Cannot read the folder ${folder}: ${(cause as Error).message}`, {
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
