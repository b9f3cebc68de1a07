/**
 * The command that installs an optional package where the program finds it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { IS_PACKAGED, isInDenoCache, PROGRAM_FOLDER } from "./installed_package.ts";
import { FIXTURES_PACKAGE, PROGRAM_PACKAGE } from "./package_names.ts";
import { FIXTURES_FOLDER, VERSION } from "./program.ts";

/** Commands that add a package to a project, by the lock file of the package manager; npm comes last. */
const ADDING = [
  ["pnpm-lock.yaml", "pnpm add --dir"],
  ["yarn.lock", "yarn --cwd"],
  ["package.json", "npm install --prefix"],
] as const;

/**
 * Returns the command that installs packages where the installed program finds them.
 *
 * @param packages their names, with versions
 * @param program folder of the program
 */
export function installCommand(
  packages: readonly string[],
  program: string = PROGRAM_FOLDER,
): string {
  const names = packages.join(" ");
  // The cache has no place for further packages.
  if (isInDenoCache(program)) return `npm install -g ${PROGRAM_PACKAGE} ${names} (and call tactus)`;
  const [project = ""] = program.split(/[\\/]node_modules[\\/]/, 1);
  // The folder of global packages has no package.json.
  const [, adding] = ADDING.find(([file]) => existsSync(join(project, file))) ?? [];
  if (adding === undefined) {
    const prefix = basename(project) === "lib" ? dirname(project) : project;
    return `npm install -g --prefix ${quoted(prefix)} ${names}`;
  }
  return `${adding} ${quoted(project)} ${adding.startsWith("yarn") ? "add " : ""}${names}`;
}

/**
 * Returns what to do where a file of the fixtures is missing, for the end of a message.
 *
 * @param path the file, or its folder
 * @returns nothing in a clone, or for a file of other fixtures
 */
export function fixturesRemedy(path: string): string {
  if (!IS_PACKAGED || !path.startsWith(FIXTURES_FOLDER)) return "";
  return `; install the references with ${installCommand([`${FIXTURES_PACKAGE}@${VERSION}`])}`;
}

function quoted(path: string): string {
  return /^[\w./\\:@~-]+$/.test(path) ? path : JSON.stringify(path);
}
