/**
 * Recordings of seams: a folder with one `.npy` file for each seam, and `seams.json`, which lists them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { writeJson, writeWhole } from "../core/files.ts";
import { npyParts } from "../core/npy.ts";
import type { JsonOf } from "../core/schema.ts";
import { toleranceSchema } from "./report.ts";
import { type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";

const origin = z.strictObject({
  program: z.string().describe("Program and version"),
  path: z.string().describe("Absolute path of the mix or of the folder of stems"),
  model: z.string().describe("Name of the model"),
  demixer: z.string().nullable().describe("Name of the demixer; null where stems were given"),
  backend: z.string().describe("Backend of the networks"),
  gain_db: z.number().optional()
    .describe("Gain of the audio before the analysis, dB; absent for none"),
});

const recordedSeam = z.strictObject({
  file: z.string().describe("Name of the file"),
  dtype: z.string().describe("Element type"),
  shape: z.array(z.int().min(0)).describe("Length of each axis"),
  axes: z.array(z.union([z.int(), z.string()])).describe("Name or length of each axis"),
  unit: z.string().describe("Unit and range of the values"),
  sha256: z.string().describe("SHA-256 of the file, hexadecimal"),
  tolerance: toleranceSchema.exactOptional().describe(
    "Tolerance for parity diff with this recording as the first; parity record writes none",
  ),
});

/** Schema of `seams.json`, as `parity record` writes it. */
export const recordingSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  ...origin.shape,
  seams: z.record(z.string(), recordedSeam).describe("Seams by name, in the order of the pipeline"),
});

const SCHEMAS = { origin, recordedSeam, recording: recordingSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** Program, input and weights of a recording. */
export type RecordingOrigin = JsonOf<Schemas["origin"]>;

/** A recorded seam. */
export type RecordedSeam = JsonOf<Schemas["recordedSeam"]>;

/** Content of `seams.json`. */
export type Recording = JsonOf<Schemas["recording"]>;

/**
 * Writes seams, each file whole, and `seams.json` last.
 *
 * @param folder folder of the recording; created where it is missing
 * @param seams computed seams
 * @param origin program, input and weights
 * @returns names of the seams, in the order of the pipeline
 * @throws if a file cannot be written
 */
export async function recordSeams(
  folder: string,
  seams: Partial<Seams>,
  origin: RecordingOrigin,
): Promise<SeamName[]> {
  const names = (Object.keys(SEAMS) as SeamName[]).filter((name) => seams[name] !== undefined);
  const recorded: Record<string, RecordedSeam> = {};
  for (const name of names) {
    const { dtype, shape } = seams[name]!;
    const file = `${name}.npy`;
    const parts = npyParts(seams[name]!);
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    await writeWhole(join(folder, file), parts);
    const { axes, unit } = SEAMS[name];
    recorded[name] = { file, dtype, shape, axes, unit, sha256: hash.digest("hex") };
  }
  const recording: Recording = { format: 1, ...origin, seams: recorded };
  await writeJson(join(folder, "seams.json"), recording);
  return names;
}
