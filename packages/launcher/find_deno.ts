/**
 * Finds Deno: the one that npm installed with the program, else one on the PATH.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { compareVersions } from "../../core/compare_versions.ts";
import { hasGlibc, packageFolder, packageVersion } from "../../core/installed_package.ts";
import { denoPackage } from "../../core/package_names.ts";

const FILE_NAME = process.platform === "win32" ? "deno.exe" : "deno";

/** Oldest version that has what the program uses. */
const LEAST_VERSION = "2.9";

/** What was found: a path, or the reason why there is none. */
export type FoundDeno = { readonly path: string } | { readonly reason: string };

/** Finds Deno. */
export function findDeno(): FoundDeno {
  const path = fromNpm();
  if (path !== undefined) return { path };
  const old: string[] = [];
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, FILE_NAME);
    if (!isExecutable(path)) continue;
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const version = /^deno (\d+\.\d+\S*)/.exec(stdout ?? "")?.[1];
    if (version !== undefined && isNewEnough(version)) return { path };
    old.push(`${path} is ${version ?? "not a Deno that works"}`);
  }
  const none = old.length > 0
    ? old.join(", ")
    : `npm has no package with it for ${process.platform}-${process.arch}${
      hasGlibc() ? "" : " without glibc"
    }, or did not install it`;
  const remedy = hasGlibc()
    ? "install the package again without --omit=optional, or install Deno from https://deno.com so that deno is on the PATH"
    : "install Deno so that deno is on the PATH, on Alpine Linux with apk add deno";
  return { reason: `Deno ${LEAST_VERSION} or newer was not found: ${none}; ${remedy}` };
}

/** Returns whether a version of Deno, such as `2.9.6`, has what the program uses. */
export function isNewEnough(version: string): boolean {
  const [numbers = "0"] = /^[\d.]+/.exec(version) ?? [];
  return compareVersions(numbers, LEAST_VERSION) >= 0;
}

/** Returns the program in the package of npm; a package that others installed may be too old. */
function fromNpm(): string | undefined {
  if (!hasGlibc()) return undefined;
  const folder = packageFolder(denoPackage(`${process.platform}-${process.arch}`));
  if (folder === undefined || !isNewEnough(packageVersion(folder))) return undefined;
  const path = join(folder, FILE_NAME);
  return isExecutable(path) ? path : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
