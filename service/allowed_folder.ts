/**
 * Paths below the folder that the service may read.
 *
 * @module
 */

import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { Problem } from "./problem.ts";

/** Longest path in characters. */
const LONGEST = 4096;

/**
 * Returns the path of a file below a folder. The path of the client is taken literally, without decoding, and may not leave
 * the folder: neither by its text nor through symbolic links.
 *
 * @param folder the folder
 * @param path path relative to the folder, as the client sent it
 * @returns absolute path without symbolic links
 * @throws {Problem} `outside-folder` or `no-such-file`
 */
export async function fileBelow(folder: string, path: string): Promise<string> {
  const outside = (): Problem =>
    new Problem("outside-folder", `The path ${JSON.stringify(path)} leaves the folder`);
  const missing = (): Problem =>
    new Problem("no-such-file", `There is no file ${JSON.stringify(path)} in the folder`);
  if (path.length > LONGEST || path === "") throw missing();
  // A name ends at NUL for the operating system.
  if (path.includes("\0")) throw outside();
  const parts = path.split(/[/\\]/);
  if (isAbsolute(path) || /^[a-z]:/i.test(path) || parts.includes("..")) throw outside();
  const root = await realpath(folder);
  const found = await realpath(join(root, path)).catch(() => undefined);
  if (found === undefined) throw missing();
  const below = relative(root, found);
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) throw outside();
  // A pipe would be read for ever.
  if (!await stat(found).then((one) => one.isFile(), () => false)) throw missing();
  return found;
}
