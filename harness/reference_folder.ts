/**
 * A folder of stored references: a folder of arrays for each input, and `references.json`, which lists them.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { reasonOf } from "../core/reason.ts";
import { recordedArrays } from "../core/recorded_arrays.ts";
import { firstIssue, type JsonOf } from "../core/schema.ts";
import { type Reference, ReferenceError } from "../parity/mod.ts";
import { upstreamErrorSchema } from "../parity/report.ts";
import { type Input, sha256Of } from "./inputs.ts";

/** Name of the list in the folder. */
export const LIST = "references.json";

/** Rule by which elements of a sampled array are chosen. */
export const SAMPLE_RULE = "element i is that at index lowbias32(i) mod size, in C order";

const text = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const shape = z.array(z.int().min(0));

const storedSeam = z.strictObject({
  file: text.describe("Path in the folder"),
  sha256,
  dtype: text.describe("Element type"),
  shape: shape.describe("Length of each axis of the stored array"),
  sampled: z.strictObject({
    rule: z.literal(SAMPLE_RULE),
    from: shape.describe("Shape of the whole array"),
    mean: z.number().describe("Of all elements; of complex ones of their parts"),
    rms: z.number().describe("Of all elements; of complex ones of their parts"),
    max: z.number().min(0).describe(
      "Largest absolute value of all elements, of complex ones of their parts; absent in older lists",
    ).exactOptional(),
  }).describe("Absent where the array is stored whole").exactOptional(),
  upstreamFloat32: upstreamErrorSchema.nullable(),
}).meta({ id: "storedSeam" });

const storedInput = z.strictObject({
  sha256: sha256.describe("SHA-256 of the input file"),
  seams: z.record(text, storedSeam),
}).meta({ id: "storedInput" });

/** Schema of `references.json`. */
export const referenceListSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  pipeline: text.describe("Name of the pipeline"),
  generator: z.strictObject({
    implementation: text,
    command: z.array(text).describe("Program and arguments, with placeholders"),
    float32: text.nullable().describe("Implementation in float32; null for none"),
  }),
  versions: z.record(text, text)
    .describe("Versions that the generator wrote to versions.json; none where it did not"),
  inputs: z.record(text, storedInput),
});

const SCHEMAS = { list: referenceListSchema, seam: storedSeam };

/** @internal */
type Schemas = typeof SCHEMAS;

/** Content of `references.json`. */
export type ReferenceList = JsonOf<Schemas["list"]>;

/** A stored seam. */
export type StoredSeam = JsonOf<Schemas["seam"]>;

/** References of all inputs, and the versions of the program that made them. */
export interface References {
  /** Versions by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** References by the name of their input, then by seam. */
  readonly inputs: ReadonlyMap<string, ReadonlyMap<string, Reference>>;
}

/**
 * Reads a folder of references, and checks every file that is used.
 *
 * @param folder the folder
 * @param inputs inputs that are compared
 * @param remedy what to do where it is missing or out of date
 * @throws {ReferenceError} if the list or a file is missing, damaged or of another input
 */
export async function readReferences(
  folder: string,
  inputs: readonly Input[],
  remedy: string,
): Promise<References> {
  const list = await readList(folder, remedy);
  const found = new Map<string, ReadonlyMap<string, Reference>>();
  for (const input of inputs) {
    const stored = Object.hasOwn(list.inputs, input.name) ? list.inputs[input.name] : undefined;
    // The runner fails each seam of an input without references.
    if (stored === undefined) continue;
    if (stored.sha256 !== input.sha256) {
      throw new ReferenceError(
        `The references in ${folder} are of another file ${input.name}: its SHA-256 is ` +
          `${input.sha256}, but they are of ${stored.sha256}; ${remedy}`,
      );
    }
    const seams = new Map<string, Reference>();
    for (const [seam, entry] of Object.entries(stored.seams)) {
      seams.set(seam, await referenceOf(folder, entry, remedy));
    }
    found.set(input.name, seams);
  }
  return { versions: list.versions, inputs: found };
}

async function readList(folder: string, remedy: string): Promise<ReferenceList> {
  const path = join(folder, LIST);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ReferenceError(`Cannot read the references ${path}: ${reasonOf(cause)}; ${remedy}`, {
      cause,
    });
  }
  const { data, error } = referenceListSchema.safeParse(json);
  if (error === undefined) return data;
  throw new ReferenceError(`${path} is no list of references: ${firstIssue(error)}`);
}

async function referenceOf(
  folder: string,
  { file, sha256, dtype, shape, sampled, upstreamFloat32 }: StoredSeam,
  remedy: string,
): Promise<Reference> {
  const path = join(folder, file);
  let found: string;
  try {
    found = await sha256Of(path);
  } catch (cause) {
    throw new ReferenceError(`The reference ${path} is missing; ${remedy}`, { cause });
  }
  if (found !== sha256) {
    throw new ReferenceError(
      `The reference ${path} was changed: its SHA-256 is ${found}, but ${LIST} says ${sha256}; ` +
        remedy,
    );
  }
  const [opener] = [...(await recordedArrays(path)).values()];
  if (opener === undefined) throw new ReferenceError(`The reference ${path} is no array`);
  const { array, close } = await opener();
  await close();
  const [claimed, stored] = [{ type: dtype, shape }, array].map(
    ({ type, shape }) => `${type} [${shape.join(", ")}]`,
  );
  if (claimed !== stored) {
    throw new ReferenceError(`${path} is ${stored}, but ${LIST} says ${claimed}; ${remedy}`);
  }
  return {
    ...{ path, array: { path, open: opener }, upstreamFloat32 },
    ...(sampled && {
      sample: {
        shape: sampled.from,
        statistics: {
          ...{ mean: sampled.mean, rms: sampled.rms },
          ...(sampled.max !== undefined && { max: sampled.max }),
        },
      },
    }),
  };
}
