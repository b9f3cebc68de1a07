/**
 * Options as every command reads them.
 *
 * @module
 */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "../core/usage_error.ts";

/**
 * Reads the options of a command.
 *
 * @param command its name, for the message
 * @param config what it takes, and what followed it on the command line
 * @returns the values, whose types follow from the options
 * @throws {UsageError} if an option is unknown or lacks its value
 */
export function parsedArgs<const Config extends ParseArgsConfig>(
  command: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; see deno task ${command} --help`, { cause });
  }
}
