/**
 * Location of the program and of the packages installed with it. Runs under Node as well, for the launcher.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Folder of the program: the root of the repository or of the package. */
export const PROGRAM_FOLDER: string = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Whether the program runs from its npm package, which has JavaScript, and not from a clone, which has TypeScript. */
export const IS_PACKAGED: boolean = import.meta.url.endsWith(".js");

/** Words in front of the name of a command, for messages: `deno task` in a clone, `tactus` where it is installed. */
export const CALL: string = IS_PACKAGED ? "tactus" : "deno task";

/** Returns whether a packaged program is in Deno's cache, as with `deno run npm:…`, rather than installed by npm. */
export function isInDenoCache(program: string): boolean {
  return !program.split(/[\\/]/).includes("node_modules");
}

/**
 * Returns the folder of a package that is installed with this one.
 *
 * @param name name of the package
 * @returns its folder, or undefined if it is not installed
 */
export function packageFolder(name: string): string | undefined {
  // npm puts packages next to each other or further up; other layouts are left to Node's search, which takes longer.
  for (let folder = PROGRAM_FOLDER; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
  }
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Loaders of glibc by processor, as in Node. */
const GLIBC_LOADERS: Readonly<Record<string, string>> = {
  x64: "/lib64/ld-linux-x86-64.so.2",
  arm64: "/lib/ld-linux-aarch64.so.1",
};

/**
 * Returns whether a system runs what is compiled for Linux with glibc: npm may install such packages where the system has musl.
 *
 * @param platform name of the platform, as in Node
 * @param processor name of the processor, as in Node
 * @param exists tells whether there is a file
 * @returns true for other systems than Linux, which have packages of their own
 */
export function hasGlibc(
  platform: string = process.platform,
  processor: string = process.arch,
  exists: (path: string) => boolean = existsSync,
): boolean {
  const loader = GLIBC_LOADERS[processor];
  return platform !== "linux" || loader === undefined || exists(loader);
}

/**
 * Returns the version of a package of npm.
 *
 * @param folder its folder; by default that of the program
 */
export function packageVersion(folder: string = PROGRAM_FOLDER): string {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

/**
 * Returns what a package that `deno.json` does not list is imported by.
 *
 * @param entry entry point: the name of the package, or one with a path
 * @param name name of the package
 * @param version its version, which a clone downloads; an installed program takes the package that is installed with it
 */
export function packageSpecifier(entry: string, name: string, version: string): string {
  return IS_PACKAGED ? entry : `npm:${name}@${version}${entry.slice(name.length)}`;
}
