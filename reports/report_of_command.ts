/**
 * What another command of the program finds, in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import { childOutput } from "../core/child_output.ts";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { PERMISSIONS } from "./measure/process_bench.ts";

/** A command could not run; the message has the end of what it wrote on stderr. */
export class CommandError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "CommandError";
}

/**
 * Runs a command that writes a report with `--export-json`.
 *
 * @param command its name
 * @param args its arguments besides
 * @param file where it writes the report
 * @returns the report, also where something failed in it (exit code 1)
 * @throws {CommandError} if it could not run
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
