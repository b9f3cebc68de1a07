/**
 * Reports of other commands of the program, each run in a child process.
 *
 * @module
 */

import { join } from "node:path";
import { childOutput } from "../core/child_output.ts";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { PERMISSIONS } from "./measure/process_bench.ts";

/** Failure of a command; the message ends with the last lines of its stderr. */
export class CommandError extends Error {
  /** Name of the class. */
  override name = "CommandError";
}

/**
 * Runs a command that writes a report with `--export-json`.
 *
 * @param command name of the command
 * @param args further arguments
 * @param file path that the command writes the report to
 * @returns the report, also of a command that ended with exit code 1
 * @throws {CommandError} if the command could not run
 */
export async function reportOfCommand(
  command: string,
  args: readonly string[],
  file: string,
): Promise<unknown> {
  const { code, stderrTail } = await childOutput([
    ...["run", "--config", join(PROGRAM_FOLDER, "deno.json"), ...PERMISSIONS],
    ...[join(PROGRAM_FOLDER, "main.ts"), command, ...args, "--export-json", file],
  ], "null");
  if (code === 0 || code === 1) {
    const text = await Deno.readTextFile(file).catch(() => undefined);
    if (text !== undefined) return JSON.parse(text);
  }
  throw new CommandError(`${command} ended with ${code}: ${stderrTail}`);
}
