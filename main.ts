/**
 * The command line of tactus.
 *
 * @module
 */

import process from "node:process";
import { UsageError } from "./core/usage_error.ts";
import { cleanUpInterrupted } from "./core/interruption.ts";

const HELP = `tactus: tempo, beats, downbeats and segments of music

  deno task analyze    analyse tracks, from the mix or from stems
  deno task parity     compare every stage with stored references from upstream
  deno task models     list, download and check weights
  deno task evaluate   measure how good the results are, where the truth is known
  deno task bench      time whole analyses, or stages beside the original programs
  deno task nightly    parity, bench and evaluate, beside the nights before
  deno task report     show a night once more, or the timeline of a timings file
  deno task history    list, exchange and prune the nights

Each takes --help`;

/** Commands, loaded when they are called. */
const COMMANDS: Readonly<Record<string, () => Promise<(args: string[]) => Promise<number>>>> = {
  analyze: async () => (await import("./cli/analyze.ts")).analyzeCommand,
  parity: async () => (await import("./cli/parity.ts")).parityCommand,
  evaluate: async () => (await import("./cli/evaluate.ts")).evaluateCommand,
  models: async () => (await import("./cli/models.ts")).modelsCommand,
  bench: async () => (await import("./cli/bench.ts")).benchCommand,
  nightly: async () => (await import("./cli/nightly.ts")).nightlyCommand,
  report: async () => (await import("./cli/report.ts")).reportCommand,
  history: async () => (await import("./cli/history.ts")).historyCommand,
};

/**
 * Runs a command.
 *
 * @param args the command and its arguments
 * @returns the exit code
 */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  try {
    const load = COMMANDS[name];
    if (load === undefined) {
      throw new UsageError(
        `Unknown command ${name}: expected one of ${Object.keys(COMMANDS).join(", ")}`,
      );
    }
    return await (await load())(rest);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

function interrupted(exitCode: number): void {
  cleanUpInterrupted();
  Deno.exit(exitCode);
}

// Tasks run in the repository; paths on the command line start where the user stands.
const userDirectory = Deno.env.get("TACTUS_CWD");
if (userDirectory) Deno.chdir(userDirectory);

process.on("SIGINT", () => interrupted(130));
process.on("SIGTERM", () => interrupted(143));
Deno.exit(await main(Deno.args));
