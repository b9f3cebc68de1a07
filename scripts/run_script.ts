/**
 * Runs a script whose arguments are declared as those of a command.
 *
 * @module
 */

import type { Command } from "../cli/command.ts";
import { UsageError } from "../core/usage_error.ts";

/**
 * Runs a script with the arguments of the process, and exits with its code, or with 2 if the call is wrong.
 *
 * @param script declaration of the script
 */
export async function runScript(script: Command): Promise<never> {
  try {
    Deno.exit(await script.run(Deno.args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
