/**
 * Runs cargo in the crate, and explains how to install it if it is missing.
 *
 *     deno run --allow-read --allow-env --allow-run=cargo kernels/cargo.ts test --profile tested
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { crateDirectory, targetDirectory } from "./library_path.ts";

/**
 * Runs cargo. The target folder is the crate's own, whatever the user's settings say: the binding loads the
 * library from there.
 *
 * @param args the command and its arguments
 * @returns cargo's exit code, or 2 if cargo is missing
 */
export function cargo(args: readonly string[]): number {
  const { error, status } = spawnSync("cargo", [...args], {
    cwd: crateDirectory,
    env: { ...process.env, CARGO_TARGET_DIR: targetDirectory() },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) {
    console.error(
      "The kernels are written in Rust and have to be built once, but cargo was not found " +
        "(stable Rust 1.91 or newer is needed): install it from https://rustup.rs, open a new " +
        `terminal, and try again (${error.message})`,
    );
    return 2;
  }
  return status ?? 2;
}

if (import.meta.main) Deno.exit(cargo(Deno.args));
