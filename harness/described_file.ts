/**
 * A file `parity.toml` that was read, with the pipeline and the inputs that it describes.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import type { PipelineDescription } from "../parity/mod.ts";
import { describedPipeline } from "./described_pipeline.ts";
import { findInputs, type Input } from "./inputs.ts";
import type { ParityFile } from "./parity_file.ts";
import { readParityFile } from "./read_parity_file.ts";

/** A file that was read, and the inputs that it names. */
export interface DescribedFile {
  /** Folder of the file. */
  readonly folder: string;
  /** Its content. */
  readonly file: ParityFile;
  /** Stages and rules of the seams. */
  readonly pipeline: PipelineDescription;
  /** All inputs. */
  readonly inputs: readonly Input[];
  /** Path of the file, for messages. */
  readonly path: string;
}

/**
 * Reads a file and finds its inputs.
 *
 * @param path a `parity.toml`
 * @throws {ParityFileError} if the file is wrong, or an input is missing
 */
export async function openDescribed(path: string): Promise<DescribedFile> {
  const file = await readParityFile(path);
  const folder = dirname(resolve(path));
  const inputs = await findInputs(folder, file.inputs);
  return { folder, file, path, pipeline: describedPipeline(file), inputs };
}

/**
 * Checks a name that the user gave.
 *
 * @param what kind of thing, such as `input`
 * @param name the name
 * @param known possible names
 * @throws {UsageError} if it is none of them
 */
export function ensureKnown(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new UsageError(`There is no ${what} ${name}: expected one of ${known.join(", ")}`);
}
