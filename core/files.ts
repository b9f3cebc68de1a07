/**
 * Atomic writes, and free names of files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { interruptible } from "./interruption.ts";

/**
 * Writes a file atomically: under a temporary name in the same folder, then renamed. The folder is created if necessary.
 *
 * @param path path of the file
 * @param content whole content, or its parts in order
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.unfinished`);
  await interruptible(() => rmSync(temporary, { force: true }), async () => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Writes a value as indented JSON with a final newline, atomically.
 *
 * @param path path of the file
 * @param value value that JSON can represent
 */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, JSON.stringify(value, null, 2) + "\n");
}

/**
 * Returns a track's name, or the name with a hash of the track's path appended if the name is taken.
 *
 * @param track name and path of the track
 * @param isFree returns whether no file has a name, or its files belong to this track
 */
export function freeName(
  { name, path }: { readonly name: string; readonly path: string },
  isFree: (name: string) => boolean,
): string {
  if (isFree(name)) return name;
  return `${name}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
}
