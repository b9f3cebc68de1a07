/**
 * Builds the Rust crate, and does nothing when the library is newer than its sources.
 *
 * Run as `deno task kernels`; every task that needs the kernels depends on it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { crateDirectory, libraryPath } from "./library_path.ts";

/** The files that the library is made from. */
function sources(): string[] {
  const inFolder = readdirSync(join(crateDirectory, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => join(crateDirectory, "src", name));
  return [...inFolder, join(crateDirectory, "Cargo.toml"), join(crateDirectory, "Cargo.lock")];
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

/** Whether the library exists and no source is newer. */
export function isFresh(): boolean {
  const built = modifiedAt(libraryPath());
  return sources().every((source) => modifiedAt(source) <= built);
}

/**
 * Builds the library if it is not fresh.
 *
 * @returns the exit code: 0, or 2 when the toolchain is missing or the build failed
 */
export function build(): number {
  if (isFresh()) return 0;
  const cargo = spawnSync("cargo", ["build", "--release", "--locked", "--lib"], {
    cwd: crateDirectory,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (cargo.error !== undefined) {
    console.error(
      "The kernels are written in Rust and have to be built once, but cargo was not found " +
        "(stable Rust 1.91 or newer is needed): install it from https://rustup.rs, open a new " +
        `terminal, and try again (${cargo.error.message})`,
    );
    return 2;
  }
  return cargo.status === 0 ? 0 : 2;
}

if (import.meta.main) Deno.exit(build());
