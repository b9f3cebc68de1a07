/**
 * Finds Deno: the one that npm installed with the program, else one on the PATH.
 *
 * @module
 */

import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";

const FILE_NAME = process.platform === "win32" ? "deno.exe" : "deno";

/** Returns the path of Deno, or undefined if there is none. */
export function findDeno(): string | undefined {
  return fromNpm() ?? (process.env["PATH"] ?? "").split(delimiter)
    .map((folder) => join(folder, FILE_NAME)).find(isExecutable);
}

/** Returns the program itself: the script of the package `deno` would start a second Node. */
function fromNpm(): string | undefined {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const name = `@deno/${process.platform}-${process.arch}${libc}/package.json`;
  try {
    const folder = createRequire(import.meta.url).resolve("deno/package.json");
    const path = join(dirname(createRequire(folder).resolve(name)), FILE_NAME);
    return isExecutable(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
