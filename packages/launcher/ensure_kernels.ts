/**
 * Builds the kernels where no package has them. Runs under Node as well, for the launcher.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { PLATFORMS } from "../../core/package_names.ts";
import { cargo } from "../../kernels/cargo.ts";
import { libraryPath, targetDirectory } from "../../kernels/library_path.ts";
import { permissionsOf } from "./permissions.ts";

/** Options with which a command computes nothing. */
const HELP: readonly string[] = ["--help", "-h"];

/** Calls that say themselves what is missing. */
const REPORTS: readonly string[] = ["doctor", "--version", "-V"];

/**
 * Builds the kernels if a call needs them, no package has them, and they were not built before.
 *
 * @param args arguments of the program
 * @returns the exit code: 0, or 2 if the kernels are needed and cannot be built
 */
export function ensureKernels(args: readonly string[]): number {
  const [command = ""] = args;
  if (!permissionsOf(args).ffi || REPORTS.includes(command)) return 0;
  if (args.some((one) => HELP.includes(one))) return 0;
  if (existsSync(libraryPath())) return 0;
  console.error(
    `No package with compiled kernels for ${process.platform}-${process.arch} is installed (they exist for ` +
      `${PLATFORMS.join(", ")}, on Linux for glibc 2.28 or newer, and npm installs them unless ` +
      `--omit=optional is given): building them once with Rust, into ${targetDirectory()}`,
  );
  return cargo(["build", "--release", "--locked", "--lib"]) === 0 ? 0 : 2;
}
