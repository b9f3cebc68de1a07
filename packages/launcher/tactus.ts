#!/usr/bin/env node
/**
 * The command `tactus` of the npm package. Under Node it starts the program in Deno with the permissions of the
 * command; under Deno, as in `deno run -A npm:…`, it imports the program.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { PROGRAM_FOLDER } from "../../core/installed_package.ts";
import { PLATFORMS } from "../../core/package_names.ts";
import { libraryPath, targetDirectory } from "../../kernels/library_path.ts";
import { HEAP_OPTION } from "./batch_memory.ts";
import { findDeno } from "./find_deno.ts";
import { permissionOptions, permissionsOf } from "./permissions.ts";

/** Signals that end the program. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Builds the kernels if no package has them and they were not built before; returns the exit code. */
async function ensureKernels(): Promise<number> {
  if (existsSync(libraryPath())) return 0;
  console.error(
    `No package with compiled kernels for ${process.platform}-${process.arch} is installed (they exist for ` +
      `${
        PLATFORMS.join(", ")
      }, on Linux for glibc 2.28 or newer, and npm installs them unless --omit=optional is ` +
      `given): building them once with Rust, into ${targetDirectory()}`,
  );
  const { cargo } = await import("../../kernels/cargo.ts");
  return cargo(["build", "--release", "--locked", "--lib"]) === 0 ? 0 : 2;
}

/** Starts the program and ends as it does. */
function start(args: readonly string[]): void {
  const deno = findDeno();
  if (deno === undefined) {
    console.error(
      `Deno was not found: its npm package has no program for ${process.platform}-${process.arch} or was not ` +
        "installed (there is none for musl, as in Alpine Linux): install the package again without " +
        "--omit=optional, or install Deno 2.9 from https://deno.com so that deno is on the PATH",
    );
    process.exit(2);
  }
  const permissions = permissionsOf(args);
  // ONNX Runtime may be installed next to this package.
  const libraries = permissions.ffi
    ? [
      libraryPath(),
      ...onnxRuntimeFolders().filter((folder) => existsSync(folder)).map((folder) =>
        realpathSync(folder)
      ),
    ]
    : [];
  const { TACTUS_CWD: _, ...environment } = process.env;
  const child = spawn(deno, [
    ...["run", "--quiet", "--no-config", "--no-lock", "--no-prompt", "--no-remote"],
    ...["--node-modules-dir=manual", ...permissionOptions(permissions, libraries)],
    ...(args[0] === "analyze" ? [HEAP_OPTION] : []),
    ...[join(PROGRAM_FOLDER, "main.js"), ...args],
  ], {
    stdio: "inherit",
    env: {
      ...environment,
      ...{ DENO_NO_UPDATE_CHECK: "1", TACTUS_LAUNCHED: "1" },
      // Two heaps of glibc, as in the task of the clone: more take memory from a batch.
      ...(args[0] === "analyze" && { MALLOC_ARENA_MAX: environment["MALLOC_ARENA_MAX"] ?? "2" }),
    },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", ({ message }) => {
    console.error(`Deno, ${deno}, could not be started: ${message}`);
    process.exit(2);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 2);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Returns the folders in which Node looks for ONNX Runtime from this package, the nearest first. */
function onnxRuntimeFolders(): string[] {
  const folders: string[] = [];
  for (let folder = PROGRAM_FOLDER; folder !== dirname(folder); folder = dirname(folder)) {
    folders.push(join(folder, "node_modules", "onnxruntime-node"));
  }
  return folders;
}

const isDeno = "Deno" in globalThis;
const args = isDeno ? Deno.args : process.argv.slice(2);
const code = permissionsOf(args).ffi && !args.includes("--help") ? await ensureKernels() : 0;
if (code !== 0) {
  process.exit(code);
} else if (isDeno) {
  await import("../../main.ts");
} else {
  start(args);
}
