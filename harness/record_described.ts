/**
 * Stores the references of a described pipeline.
 *
 * @module
 */

import { resolve } from "node:path";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { UsageError } from "../core/usage_error.ts";
import type { DescribedFile } from "./described_file.ts";
import { folderFrom } from "./inputs.ts";
import { Makers } from "./makers.ts";
import { type Recorded, writeReferences } from "./record.ts";
import type { ReferenceList } from "./reference_folder.ts";

/** What is recorded of a file, and where. */
export interface DescribedRecordOptions {
  /** Implementation whose outputs are stored; absent for the reference of the file. */
  readonly implementation?: string;
  /** Folder of the references; absent for that of the file. */
  readonly out?: string;
  /** Elements that are stored of a larger array; absent to store all. */
  readonly sample?: number;
  /** Receives a description of each run before it begins. */
  readonly onTurn?: (description: string) => void;
}

/**
 * Stores the references of a file.
 *
 * @param described the file
 * @param options implementation, folder, sample
 * @returns the folder, and the list that was written to it
 * @throws {UsageError | ReferenceError} if there is no implementation or folder, or it cannot run
 */
export async function recordDescribed(
  described: DescribedFile,
  { implementation, out, sample, onTurn }: DescribedRecordOptions,
): Promise<{ readonly folder: string; readonly list: ReferenceList }> {
  const { file, folder, pipeline, inputs } = described;
  const { reference } = file;
  const name = implementation ?? reference.implementation;
  if (name === undefined) {
    throw new UsageError(
      "The file names no implementation that makes the references: name one with --implementation",
    );
  }
  const target = out === undefined
    ? reference.folder === undefined ? undefined : folderFrom(folder, reference.folder)
    : resolve(out);
  if (target === undefined) {
    throw new UsageError("The file names no folder of references: name one with --out");
  }
  return await withScratchFolder("tactus_harness_", async (scratch) => {
    const makers = new Makers(described, scratch, onTurn);
    const maker = await makers.open(name);
    const float32 = reference.float32 === undefined ? null : await makers.open(reference.float32);
    const recorded = async function* (): AsyncGenerator<Recorded> {
      for (const input of inputs) {
        const outputs = await makers.run(maker, input);
        yield {
          ...{ input, folder: outputs },
          ...(float32 && { float32: await makers.run(float32, input) }),
        };
      }
    };
    const generator = {
      ...{ implementation: name, command: maker.command, float32: reference.float32 ?? null },
    };
    const settings = { pipeline, generator, ...(sample !== undefined && { sample }) };
    return { folder: target, list: await writeReferences(target, settings, recorded()) };
  });
}
