/**
 * Records the references of a described pipeline: a folder of arrays, and a list with their hashes.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { writeJson } from "../core/files.ts";
import { interruptible } from "../core/interruption.ts";
import { firstIssue } from "../core/schema.ts";
import {
  compareArrays,
  type PipelineDescription,
  ReferenceError,
  type SeamArray,
  type StoredArray,
  type UpstreamError,
} from "../parity/mod.ts";
import type { Input } from "./inputs.ts";
import { storeArray } from "./_store_array.ts";
import { seamsIn, VERSIONS_FILE } from "./process_implementation.ts";
import { LIST, type ReferenceList, SAMPLE_RULE, type StoredSeam } from "./reference_folder.ts";

/** Outputs of one input. */
export interface Recorded {
  /** The input. */
  readonly input: Input;
  /** Folder with the outputs of the reference implementation. */
  readonly folder: string;
  /** Folder with the outputs of its float32 run; absent without one. */
  readonly float32?: string;
}

/** What is recorded, and how. */
export interface RecordOptions {
  /** Stages and rules of the seams. */
  readonly pipeline: PipelineDescription;
  /** Implementation and command. */
  readonly generator: ReferenceList["generator"];
  /** Elements that are stored of a larger array; absent to store all. */
  readonly sample?: number;
}

/**
 * Writes references to a folder, which replaces the old one only when all of them are written.
 *
 * @param target the folder
 * @param options pipeline, generator, sample
 * @param recorded outputs of each input, one after the other
 * @returns the list that was written
 * @throws {ReferenceError} if a seam is missing, is of another type, or the folder holds anything but references
 */
export async function writeReferences(
  target: string,
  options: RecordOptions,
  recorded: AsyncIterable<Recorded>,
): Promise<ReferenceList> {
  await ensureReferences(target);
  const name = basename(target);
  const part = (kind: string): string =>
    join(dirname(target), `.${name}.${kind}.${process.pid}.unfinished`);
  const [made, old] = [part("new"), part("old")];
  const remove = (): void => rmSync(made, { recursive: true, force: true });
  return await interruptible(remove, async () => {
    try {
      await rm(made, { recursive: true, force: true });
      await mkdir(made, { recursive: true });
      const list = await recordAll(made, options, recorded);
      await writeJson(join(made, LIST), list);
      const hadOld = await stat(target).then(() => true, () => false);
      if (hadOld) await rename(target, old);
      await rename(made, target);
      if (hadOld) await rm(old, { recursive: true, force: true });
      return list;
    } finally {
      remove();
    }
  });
}

/** Throws where replacing a folder would remove files that are no references. */
async function ensureReferences(target: string): Promise<void> {
  let names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(target)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (names.length === 0 || names.includes(LIST)) return;
  names = names.slice(0, 3);
  throw new ReferenceError(
    `${target} has files, such as ${
      names.join(", ")
    }, but no ${LIST}: it would be replaced; name ` +
      "another folder",
  );
}

async function recordAll(
  folder: string,
  { pipeline, generator, sample }: RecordOptions,
  recorded: AsyncIterable<Recorded>,
): Promise<ReferenceList> {
  let versions: Readonly<Record<string, string>> = {};
  const inputs: Record<string, { sha256: string; seams: Record<string, StoredSeam> }> = {};
  for await (const { input, folder: outputs, float32 } of recorded) {
    versions = { ...versions, ...await versionsIn(outputs) };
    const [found, approximate] = [
      await seamsIn(outputs),
      float32 === undefined ? {} : await seamsIn(float32),
    ];
    const seams: Record<string, StoredSeam> = {};
    await mkdir(join(folder, input.name), { recursive: true });
    for (const seam of Object.keys(pipeline.seams)) {
      const array = Object.hasOwn(found, seam) ? found[seam] : undefined;
      const what = `${generator.implementation}, ${input.name}, ${seam}`;
      if (array === undefined) throw new ReferenceError(`${what}: the seam was not written`);
      const wanted = pipeline.seams[seam]!.dtype;
      const file = `${input.name}/${seam}.npy`;
      const written = await storeArray(join(folder, file), array as StoredArray, sample);
      const { sha256, type: dtype, shape } = written;
      if (dtype !== wanted) {
        throw new ReferenceError(`${what}: the type is ${dtype}, expected ${wanted}`);
      }
      seams[seam] = {
        ...{ file, sha256, dtype, shape },
        ...(written.sample && {
          sampled: { rule: SAMPLE_RULE, from: written.sample.shape, ...written.sample.statistics },
        }),
        upstreamFloat32: await float32Error(what, pipeline, seam, array, approximate[seam]),
      };
    }
    inputs[input.name] = { sha256: input.sha256, seams };
  }
  return { format: 1, pipeline: pipeline.name, generator, versions, inputs };
}

/** Returns the error of the float32 run; null without one, and of a seam that is not of floats. */
export async function float32Error(
  what: string,
  { seams }: PipelineDescription,
  seam: string,
  reference: SeamArray,
  approximate: SeamArray | undefined,
): Promise<UpstreamError | null> {
  const { judgement, float32 } = seams[seam]!;
  if (approximate === undefined || (judgement !== "float" && float32 === undefined)) return null;
  const tolerance = { absolute: 0, relative: 0 };
  const { comparison } = await compareArrays(approximate, reference, {
    toleranceFor: () => tolerance,
  });
  const { maxAbsolute, maxRelative, smallestTolerance } = comparison;
  if (maxAbsolute === null || maxRelative === null || smallestTolerance === null) {
    throw new ReferenceError(`${what}: the float32 run cannot be compared: ${comparison.reason}`);
  }
  return { maxAbs: maxAbsolute, maxRel: maxRelative, minTolerance: smallestTolerance };
}

/** Reads the versions that a program wrote; none where it did not. */
export async function versionsIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const path = join(folder, VERSIONS_FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return {};
  }
  try {
    const { data, error } = z.record(z.string(), z.string()).safeParse(JSON.parse(text));
    if (error !== undefined) throw new Error(firstIssue(error));
    return data;
  } catch (cause) {
    throw new ReferenceError(
      `${VERSIONS_FILE} has to be names and versions as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
}
