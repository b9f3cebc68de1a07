/**
 * The command that installs an optional package where the program finds it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import process from "node:process";
import { IS_PACKAGED, isInDenoCache, PROGRAM_FOLDER } from "./installed_package.ts";
import { FIXTURES_PACKAGE, PROGRAM_PACKAGE } from "./package_names.ts";
import { FIXTURES_FOLDER, VERSION } from "./program.ts";

/** Commands that add packages to a project, by the lock file of the package manager. */
const ADDING: Readonly<Record<string, (project: string, names: string) => string>> = {
  // pnpm ends with an error where it leaves out an install script without being told to.
  "pnpm-lock.yaml": (project, names) => `pnpm add --ignore-scripts --dir ${project} ${names}`,
  "yarn.lock": (project, names) => `yarn --cwd ${project} add ${names}`,
  "package.json": (project, names) => `npm install --prefix ${project} ${names}`,
};

/**
 * Returns the command that installs packages where the installed program finds them.
 *
 * @param packages their names, with versions
 * @param program folder of the program
 * @param platform name of the platform, as in Node
 */
export function installCommand(
  packages: readonly string[],
  program: string = PROGRAM_FOLDER,
  platform: string = process.platform,
): string {
  const names = packages.join(" ");
  // The cache has no place for further packages.
  if (isInDenoCache(program)) {
    return `npm install -g ${PROGRAM_PACKAGE} ${names} # then call tactus`;
  }
  const [project = "", below = ""] = program.split(/[\\/]node_modules[\\/]/, 2);
  if (/^\.deno[\\/]/.test(below)) {
    return `cd ${quoted(project)} && deno add ${packages.map((name) => `npm:${name}`).join(" ")}`;
  }
  if (/[\\/]store[\\/]v\d+[\\/]links[\\/]/.test(project)) {
    return `pnpm add -g --ignore-scripts ${PROGRAM_PACKAGE} ${names}`;
  }
  for (const [file, command] of Object.entries(ADDING)) {
    if (existsSync(join(project, file))) return command(quoted(project), names);
  }
  if (isGlobal(project, platform)) {
    const prefix = platform === "win32" ? project : dirname(project);
    return `npm install -g --prefix ${quoted(prefix)} ${names}`;
  }
  // No package.json lists the program in a copy of node_modules: npm would remove it.
  return `npm install --prefix ${quoted(project)} ${PROGRAM_PACKAGE}@${VERSION} ${names}`;
}

/** Returns whether a folder with `node_modules` is that of npm's global packages: `PREFIX/lib`, or on Windows the prefix. */
function isGlobal(project: string, platform: string): boolean {
  return platform === "win32"
    ? existsSync(join(project, "tactus.cmd"))
    : basename(project) === "lib" && existsSync(join(project, "..", "bin", "tactus"));
}

/**
 * Returns what to do where a file of the fixtures is missing, for the end of a message.
 *
 * @param path the file, or its folder
 * @returns nothing in a clone, or for a file of other fixtures
 */
export function fixturesRemedy(path: string): string {
  if (!IS_PACKAGED || relative(FIXTURES_FOLDER, path).startsWith("..")) return "";
  return `; install the references with ${installCommand([`${FIXTURES_PACKAGE}@${VERSION}`])}`;
}

function quoted(path: string): string {
  return /^[\w./\\:@~-]+$/.test(path) ? path : JSON.stringify(path);
}
