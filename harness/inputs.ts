/**
 * The files that a described pipeline runs on.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { glob, readdir, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { InputEntry } from "./parity_file.ts";
import { ParityFileError } from "./read_parity_file.ts";

/** A file, or a folder such as one of stems, that the pipeline runs on. */
export interface Input {
  /** Path from the folder of `parity.toml` without its ending, with `-` for slashes; unique. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** Length; null where unknown. */
  readonly seconds: number | null;
  /** SHA-256 of the file, hexadecimal; of a folder that of the names and hashes of its files. */
  readonly sha256: string;
}

/**
 * Finds the files of all entries.
 *
 * @param folder folder of `parity.toml`
 * @param entries paths or globs, in order; a file that two of them name counts once
 * @returns files by path in each entry
 * @throws {ParityFileError} if an entry finds nothing, or two files have the same name but for their ending
 */
export async function findInputs(
  folder: string,
  entries: readonly InputEntry[],
): Promise<Input[]> {
  const inputs = new Map<string, Input>();
  const names = new Map<string, string>();
  for (const { files, seconds = null } of entries) {
    for (const pattern of files) {
      const found: string[] = [];
      for await (const path of glob(pattern, { cwd: folder })) {
        found.push(resolve(folder, path));
      }
      if (found.length === 0) {
        throw new ParityFileError(`inputs: ${pattern} finds no file in ${resolve(folder)}`);
      }
      for (const path of found.sort()) {
        if (inputs.has(path)) continue;
        const name = nameOf(folder, path);
        const other = names.get(name);
        if (other !== undefined) {
          throw new ParityFileError(`inputs: ${other} and ${path} have the same name ${name}`);
        }
        names.set(name, path);
        inputs.set(path, { name, path, seconds, sha256: await sha256OfInput(path) });
      }
    }
  }
  return [...inputs.values()];
}

function nameOf(folder: string, path: string): string {
  const inside = relative(resolve(folder), path);
  // A file elsewhere has no path that could be a name.
  const own = inside.startsWith("..") ? basename(path) : inside;
  return own.replace(/\.[^./\\]+$/, "").split(sep).join("-");
}

async function sha256OfInput(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return await sha256Of(path);
  const hash = createHash("sha256");
  for (const name of (await readdir(path)).sort()) {
    const file = join(path, name);
    // Further folders are no part of it.
    if ((await stat(file)).isFile()) hash.update(`${name}\0${await sha256Of(file)}\n`);
  }
  return hash.digest("hex");
}

/** Returns the SHA-256 of a file, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}

/** Returns the absolute path of a folder that a file names from its own folder. */
export function folderFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(resolve(folder), path);
}
