/**
 * Finds Deno: the one that npm installed with the program, else one on the PATH.
 *
 * @module
 */

import { accessSync, constants, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { packageFolder } from "../../core/installed_package.ts";

const FILE_NAME = process.platform === "win32" ? "deno.exe" : "deno";

/** Returns the path of Deno, or undefined if there is none. */
export function findDeno(): string | undefined {
  return fromNpm() ?? (process.env["PATH"] ?? "").split(delimiter)
    .map((folder) => join(folder, FILE_NAME)).find(isExecutable);
}

/** Returns the program itself: the script of the package `deno` would start a second Node. */
function fromNpm(): string | undefined {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const name = `@deno/${process.platform}-${process.arch}${libc}`;
  const folder = packageFolder(name) ?? belowDeno(name);
  const path = folder && join(folder, FILE_NAME);
  return path && isExecutable(path) ? path : undefined;
}

/** Returns the folder of a dependency of the package `deno`, which some package managers keep out of our reach. */
function belowDeno(name: string): string | undefined {
  const deno = packageFolder("deno");
  if (deno === undefined) return undefined;
  try {
    const manifest = join(realpathSync(deno), "package.json");
    return dirname(createRequire(manifest).resolve(`${name}/package.json`));
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
