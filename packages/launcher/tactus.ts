/**
 * The command `tactus` of the npm package under Node: starts the program in Deno with the permissions of the command.
 * `packages/bundle.ts` makes one script of it and of what it imports.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { PROGRAM_FOLDER } from "../../core/installed_package.ts";
import { libraryPath } from "../../kernels/library_path.ts";
import { denoArguments, denoEnvironment } from "./deno_call.ts";
import { ensureKernels } from "./ensure_kernels.ts";
import { findDeno } from "./find_deno.ts";
import { nativeFolders } from "./native_libraries.ts";
import { permissionsOf } from "./permissions.ts";

/** Signals that end the program. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** What to do where the program was ended by a signal that no user sends. */
const FAULT =
  "its installation is damaged, or it has a fault: install it again, and if that does not help, report it with the " +
  "output of tactus doctor";

/** What to do, by the signal, where it is something else. */
const CAUSES: Readonly<Record<string, string>> = {
  SIGKILL:
    "often the system ends a program so for lack of memory: analyse fewer tracks at a time (--jobs 1)",
  SIGXCPU: "it reached a limit of processor time (ulimit -t)",
  SIGXFSZ: "it reached a limit of file sizes (ulimit -f)",
};

/** Starts the program and ends as it does. */
function start(args: readonly string[]): void {
  const found = findDeno();
  if ("reason" in found) {
    console.error(found.reason);
    process.exit(2);
  }
  const deno = found.path;
  const libraries = permissionsOf(args).ffi
    ? [libraryPath(), ...nativeFolders(args[0] ?? "", PROGRAM_FOLDER)]
    : [];
  const child = spawn(deno, denoArguments(args, join(PROGRAM_FOLDER, "main.js"), libraries), {
    stdio: "inherit",
    env: denoEnvironment(args, process.env),
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", ({ message }) => {
    console.error(`Deno, ${deno}, could not be started: ${message}`);
    process.exit(2);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 2);
    const isAsked = SIGNALS.some((name) => name === signal);
    if (!isAsked) console.error(`tactus was ended by ${signal}: ${CAUSES[signal] ?? FAULT}`);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Ends the process if the current folder was removed: Deno would not start. */
function checkFolder(): void {
  try {
    process.cwd();
  } catch {
    console.error("The current folder does not exist any more: change to another one");
    process.exit(2);
  }
}

checkFolder();
const args = process.argv.slice(2);
const code = ensureKernels(args);
if (code === 0) start(args);
else process.exitCode = code;
