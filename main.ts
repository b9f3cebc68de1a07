/**
 * The program tactus: runs the command that its arguments name.
 *
 * @module
 */

import process from "node:process";
import { tactus } from "./cli/commands.ts";
import { escapeOnTerminal } from "./cli/terminal.ts";
import { exitProcess } from "./core/exit.ts";
import { cleanUpInterrupted, stopGently } from "./core/interruption.ts";
import { reasonOf } from "./core/reason.ts";
import { UsageError } from "./core/usage_error.ts";
import { libraryPath } from "./kernels/library_path.ts";

let stoppedWith: number | undefined;
let stoppedAt = -Infinity;

/**
 * Milliseconds in which an interruption counts once. A terminal interrupts the launcher of the npm package and this
 * program, and the launcher passes it on.
 */
const SAME_INTERRUPTION_MS = 300;

/** Lets work end by itself where it can; a second interruption ends the program at once. */
function interrupted(exitCode: number): void {
  const isSame = stoppedWith === exitCode && Deno.env.get("TACTUS_LAUNCHED") !== undefined &&
    performance.now() - stoppedAt < SAME_INTERRUPTION_MS;
  if (isSame) return;
  stoppedAt = performance.now();
  stoppedWith = exitCode;
  if (stopGently()) return;
  cleanUpInterrupted();
  exitProcess(exitCode, libraryPath());
}

/** Tasks run in the repository, but relative paths start in the user's directory. */
function enterUserDirectory(): void {
  try {
    const folder = Deno.env.get("TACTUS_CWD");
    if (folder) Deno.chdir(folder);
    Deno.cwd();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.InvalidData)) throw cause;
    throw new UsageError(
      "The name of the current folder is not UTF-8, and files cannot be found from it: rename it, or work in another",
      { cause },
    );
  }
}

escapeOnTerminal(console, { log: process.stdout.isTTY, error: process.stderr.isTTY });
process.on("SIGINT", () => interrupted(130));
process.on("SIGTERM", () => interrupted(143));
// A clone may run under nohup, where this signal is ignored; Node does not start the package so.
if (Deno.env.has("TACTUS_LAUNCHED")) process.on("SIGHUP", () => interrupted(129));
try {
  enterUserDirectory();
  const code = await tactus.run(Deno.args.length === 0 ? ["--help"] : Deno.args);
  exitProcess(stoppedWith ?? (Deno.args.length === 0 ? 2 : code), libraryPath());
} catch (error) {
  console.error(reasonOf(error));
  exitProcess(stoppedWith ?? 2, libraryPath());
}
