/**
 * Builds the Rust crate if the library is older than its sources.
 *
 * Run as `deno task kernels`; every task that needs the kernels depends on it.
 *
 * @module
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cargo } from "./cargo.ts";
import { crateDirectory, libraryPath } from "./library_path.ts";

/** Returns the source files of the library. */
function sources(): string[] {
  const inFolder = readdirSync(join(crateDirectory, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => join(crateDirectory, "src", name));
  return [...inFolder, join(crateDirectory, "Cargo.toml"), join(crateDirectory, "Cargo.lock")];
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

/** Returns whether the library exists and no source is newer. */
function isFresh(): boolean {
  const built = modifiedAt(libraryPath());
  return sources().every((source) => modifiedAt(source) <= built);
}

/**
 * Builds the library if it is not fresh.
 *
 * @returns the exit code: 0, or 2 if the toolchain is missing or the build failed
 */
export function build(): number {
  if (isFresh()) return 0;
  return cargo(["build", "--release", "--locked", "--lib"]) === 0 ? 0 : 2;
}

if (import.meta.main) Deno.exit(build());
