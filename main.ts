/**
 * The program tactus: runs the command that its arguments name.
 *
 * @module
 */

import process from "node:process";
import { tactus } from "./cli/commands.ts";
import { escapeOnTerminal } from "./cli/terminal.ts";
import { cleanUpInterrupted } from "./core/interruption.ts";

function interrupted(exitCode: number): void {
  cleanUpInterrupted();
  Deno.exit(exitCode);
}

// Tasks run in the repository, but relative paths start in the user's directory.
const userDirectory = Deno.env.get("TACTUS_CWD");
if (userDirectory) Deno.chdir(userDirectory);

escapeOnTerminal(console, { log: process.stdout.isTTY, error: process.stderr.isTTY });
process.on("SIGINT", () => interrupted(130));
process.on("SIGTERM", () => interrupted(143));
try {
  const code = await tactus.run(Deno.args.length === 0 ? ["--help"] : Deno.args);
  Deno.exit(Deno.args.length === 0 ? 2 : code);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  Deno.exit(2);
}
