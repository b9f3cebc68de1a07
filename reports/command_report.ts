/**
 * Reports of other commands of the program, each run in a child process.
 *
 * @module
 */

import type { z } from "zod";
import { childOutput } from "../core/child_output.ts";
import { runArguments } from "../core/program.ts";
import { firstIssue, type JsonOf } from "../core/schema.ts";
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
 * @param schema schema of the report
 * @returns the report, also of a command that ended with exit code 1
 * @throws {CommandError} if the command could not run, or its report does not follow the schema
 */
export async function reportOfCommand<Schema extends z.ZodType>(
  command: string,
  args: readonly string[],
  file: string,
  schema: Schema,
): Promise<JsonOf<Schema>> {
  const { code, stderrTail } = await childOutput(
    runArguments("main", PERMISSIONS, [command, ...args, "--export-json", file]),
    "null",
  );
  if (code === 0 || code === 1) {
    const text = await Deno.readTextFile(file).catch(() => undefined);
    if (text !== undefined) return parsedReport(command, text, schema);
  }
  throw new CommandError(`${command} ended with ${code}: ${stderrTail}`);
}

/** @throws {CommandError} if the text does not follow the schema */
function parsedReport<Schema extends z.ZodType>(
  command: string,
  text: string,
  schema: Schema,
): JsonOf<Schema> {
  const { data, error } = schema.safeParse(JSON.parse(text));
  if (error === undefined) return data as JsonOf<Schema>;
  throw new CommandError(`${command} wrote an invalid report: ${firstIssue(error)}`);
}
