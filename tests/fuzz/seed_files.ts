/**
 * The repository's own files, as seeds.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../../core/program.ts";
import type { Bytes } from "./bytes.ts";

/**
 * Reads the files of a folder, by name.
 *
 * @param folder path below the repository
 * @param endings of the names, with their dots
 * @param maxBytes longer files are left out
 * @throws {Error} if there is no such file
 */
export async function seedFiles(
  folder: string,
  endings: readonly string[],
  maxBytes = Infinity,
): Promise<Bytes[]> {
  const directory = join(PROGRAM_FOLDER, folder);
  const names = (await readdir(directory)).filter((name) =>
    endings.some((ending) => name.endsWith(ending))
  );
  const files = await Promise.all(
    names.sort().map(async (name) => new Uint8Array(await readFile(join(directory, name)))),
  );
  const seeds = files.filter(({ length }) => length <= maxBytes);
  if (seeds.length === 0) throw new Error(`Expected ${endings.join(" or ")} files in ${directory}`);
  return seeds;
}
