/**
 * Compares two recordings of seams, written by any program: folders with one array for each seam, or archives.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type ElementType, isFloatType } from "../core/elements.ts";
import { reasonOf } from "../core/reason.ts";
import { type ArrayOpener, recordedArrays } from "../core/recorded_arrays.ts";
import { firstIssue, type JsonOf } from "../core/schema.ts";
import { SEAMS } from "../pipeline/seams.ts";
import { STAGES } from "../pipeline/stages.ts";
import { EXACT, refused } from "./compare.ts";
import { compareArrays } from "./compare_arrays.ts";
import { type Comparison, comparisonSchema, type Tolerance, toleranceSchema } from "./report.ts";
import { type FloatTolerance, typedTolerance } from "./tolerances.ts";

/** A recording cannot be read. */
export class RecordingError extends Error {
  /** Name of the class. */
  override name = "RecordingError";
}

const seamDifference = z.strictObject({
  seam: z.string().describe("Name of the seam, which is that of the file"),
  verdict: z.enum(["pass", "fail", "reported", "extra"]).describe(
    "reported is a float seam outside of its tolerance behind a seam that failed: the first one is to be mended; " +
      "extra marks a seam that only the second recording has",
  ),
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
  expected: z.string().describe("Folder or file of the first recording"),
  actual: z.string().describe("Folder or file of the second recording"),
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
 * @param expected folder or file of the reference, as {@linkcode recordedArrays} lists it
 * @param actual the recording that is compared with it
 * @param tolerances tolerances of single seams, which go before those in `seams.json` of the first recording; and of float
 * seams, 1e-6 by default, and one step of their type for float16 and bfloat16. Other seams follow their own rule, unknown
 * ones must be equal
 * @param onSeam receives the name of each seam before its comparison
 * @throws {RecordingError} if a folder cannot be read, or the first has no seams
 */
export async function diffRecordings(
  expected: string,
  actual: string,
  { seams: own = {}, ...floats }: DiffTolerances = {},
  onSeam: (seam: string) => void = () => {},
): Promise<RecordingDifference> {
  const [wanted, found] = [await seamsOf(expected), await seamsOf(actual)];
  if (wanted.size === 0) {
    throw new RecordingError(`${expected} has no .npy, .npz, .safetensors or .bin arrays`);
  }
  const given: Tolerances = { ...await recordedTolerances(expected), ...own };
  for (const seam of Object.keys(own)) {
    if (wanted.has(seam) || found.has(seam)) continue;
    throw new RecordingError(`A tolerance is given for ${seam}, which neither recording has`);
  }
  const seams: SeamDifference[] = [];
  for (const seam of ordered(new Set([...wanted.keys(), ...found.keys()]))) {
    onSeam(seam);
    const [reference, output] = [wanted.get(seam), found.get(seam)];
    if (reference === undefined) {
      const comparison = refused("the reference is missing");
      seams.push({ seam, verdict: "extra", tolerance: EXACT, comparison });
    } else if (output === undefined) {
      const comparison = refused("the output is missing");
      seams.push({ seam, verdict: "fail", tolerance: EXACT, comparison });
    } else {
      const { tolerance, comparison } = await compareArrays(
        { path: actual, open: output },
        { path: expected, open: reference },
        { toleranceFor: (type) => given[seam] ?? toleranceOf(seam, type, floats) },
      );
      const verdict = comparison.passed
        ? "pass"
        : isDrift(seam, comparison, seams)
        ? "reported"
        : "fail";
      seams.push({ seam, verdict, tolerance, comparison });
    }
  }
  return { format: 1, expected, actual, seams };
}

/** Tolerances of a comparison of recordings. */
export interface DiffTolerances extends FloatTolerance {
  /** Tolerances of single seams. */
  readonly seams?: Tolerances;
}

/** Tolerances by the name of their seam. */
export type Tolerances = Readonly<Record<string, Tolerance>>;

/**
 * Returns whether a seam only follows one that failed: it is a float seam of this program's pipeline, and an input of its
 * stage failed or follows such a seam itself.
 */
function isDrift(
  seam: string,
  { elements }: Comparison,
  before: readonly SeamDifference[],
): boolean {
  const stage = STAGES.find(({ outputs }) => outputs.some((output) => output === seam));
  if (stage === undefined || elements === 0) return false;
  if (SEAMS[seam as keyof typeof SEAMS].judgement !== "float") return false;
  return before.some(({ seam: input, verdict }) =>
    (verdict === "fail" || verdict === "reported") && stage.inputs.some((one) => one === input)
  );
}

/** Returns the tolerances that `seams.json` of a recording states; none where it has no such file. */
async function recordedTolerances(path: string): Promise<Tolerances> {
  const file = join(path, "seams.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return {};
  }
  try {
    const { seams } = z.looseObject({
      seams: z.record(z.string(), z.looseObject({ tolerance: toleranceSchema.exactOptional() })),
    }).parse(JSON.parse(text));
    return Object.fromEntries(
      Object.entries(seams).flatMap(([seam, { tolerance }]) =>
        tolerance === undefined ? [] : [[seam, tolerance]]
      ),
    );
  } catch (cause) {
    const why = cause instanceof z.ZodError ? firstIssue(cause) : reasonOf(cause);
    throw new RecordingError(`${file} is not the list of seams that parity record writes: ${why}`, {
      cause,
    });
  }
}

/**
 * Reads tolerances of single seams from a file.
 *
 * @param path JSON or TOML: an object of `{absolute, relative}` for each seam, optionally with `differing` and `within`
 * @throws {RecordingError} if the file cannot be read or is something else
 */
export async function readTolerances(path: string): Promise<Tolerances> {
  try {
    const text = await readFile(path, "utf8");
    const source = path.endsWith(".toml")
      ? (await import("smol-toml")).parse(text)
      : JSON.parse(text);
    return z.record(z.string(), toleranceSchema).parse(source);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? firstIssue(cause) : reasonOf(cause);
    throw new RecordingError(`Cannot read the tolerances ${path}: ${why.trim()}`, { cause });
  }
}

/** Returns whether no expected seam is missing or outside its tolerance. */
export function isAlike({ seams }: RecordingDifference): boolean {
  return seams.every(({ verdict }) => verdict !== "fail");
}

function toleranceOf(seam: string, type: ElementType, floats: FloatTolerance): Tolerance {
  const known = Object.hasOwn(SEAMS, seam) ? SEAMS[seam as keyof typeof SEAMS] : undefined;
  const judgement = known?.judgement ?? (isFloatType(type) ? "float" : "equal");
  return typedTolerance(judgement, type, floats);
}

/** Returns the arrays of a recording by the name of their seam. */
async function seamsOf(path: string): Promise<Map<string, ArrayOpener>> {
  try {
    return await recordedArrays(path);
  } catch (cause) {
    throw new RecordingError(`Cannot read the recording ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function ordered(seams: ReadonlySet<string>): string[] {
  const known = Object.keys(SEAMS).filter((seam) => seams.has(seam));
  return [...known, ...[...seams].filter((seam) => !known.includes(seam)).sort()];
}
