/**
 * Names of files that collide with nothing, and atomic writing.
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
 * Writes a file under another name in the same folder, which is made when it is missing, and renames it.
 *
 * @param path where the file is to be
 * @param content all of it, or its parts in order
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
 * A track's name, or where that is taken the name with a hash of the track's path added.
 *
 * @param track the track
 * @param isFree whether files of a name are this track's, or there are none
 */
export function freeName(
  { name, path }: { readonly name: string; readonly path: string },
  isFree: (name: string) => boolean,
): string {
  if (isFree(name)) return name;
  return `${name}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
}
