/**
 * Runs the program as a user does, for tests.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../../core/program.ts";
import { PERMISSIONS } from "../../reports/measure/process_bench.ts";
import { type Outcome, outcomeOf } from "./deadline.ts";

export type { Outcome };

/** Folder of the repository. */
export const repository: string = PROGRAM_FOLDER;

/** Weights, graphs and GPUs of this machine must not change the result of a test, and Deno must not ask for its newest version. */
const ISOLATED = {
  DENO_NO_UPDATE_CHECK: "1",
  TACTUS_MODELS_DIR: join(repository, "tests", "no_weights"),
  TACTUS_CACHE_DIR: join(repository, "tests", "no_cache"),
  // The older name is for Vulkan loaders before 1.3.207.
  VK_DRIVER_FILES: join(repository, "tests", "no_driver.json"),
  VK_ICD_FILENAMES: join(repository, "tests", "no_driver.json"),
};

/** Commands that start other programs. */
const RUNS_OTHERS: readonly string[] = ["bench", "nightly"];

/** Commands that start any program and read its memory. */
const HAS_ALL: readonly string[] = ["harness"];

/** How the program is run. */
interface ProgramOptions {
  /** Working folder; the repository by default. */
  readonly cwd?: string;
  /** Environment variables to add. */
  readonly env?: Record<string, string>;
}

/** Further flags of Deno. */
interface Flags {
  readonly flags?: readonly string[];
}

/**
 * Runs `main.ts` with the permissions of the tasks.
 *
 * @param args the command and its arguments
 * @param options working folder, and environment variables to add
 */
export async function tactus(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  return await outcomeOf(command(args, options).spawn());
}

/**
 * Runs several calls one after the other in one process, with the permissions of the tasks: for calls that end before
 * their work.
 *
 * @param calls commands and their arguments, whose permissions are those of the first
 * @param options working folder, and environment variables to add
 * @returns the outcomes in the order of the calls
 */
export async function tactusEach(
  calls: readonly (readonly string[])[],
  options: ProgramOptions = {},
): Promise<Outcome[]> {
  const program = join(repository, "tests", "support", "several_calls.ts");
  const args = calls.map((call) => JSON.stringify(call));
  const child = start(program, args, calls[0]?.[0] ?? "", options).spawn();
  const { code, stdout, stderr } = await outcomeOf(child);
  if (code !== 0 || stderr !== "") throw new Error(`The calls ended with ${code}: ${stderr}`);
  const outcomes: Outcome[] = JSON.parse(stdout);
  if (outcomes.length !== calls.length) throw new Error(`${outcomes.length} outcomes: ${stdout}`);
  return outcomes;
}

/** Returns the command that {@linkcode tactus} runs, with further flags of Deno, for tests that need the process. */
export function command(
  args: readonly string[],
  options: ProgramOptions & Flags = {},
): Deno.Command {
  return start(join(repository, "main.ts"), args, args[0] ?? "", options);
}

function start(
  program: string,
  args: readonly string[],
  command: string,
  options: ProgramOptions & Flags,
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...options.flags ?? [],
      "--config",
      join(repository, "deno.json"),
      ...(HAS_ALL.includes(command)
        ? ["--quiet", "--allow-all"]
        : RUNS_OTHERS.includes(command)
        ? PERMISSIONS.map((one) => one.replace(/^--allow-run=.*/, "--allow-run"))
        : PERMISSIONS),
      program,
      ...args,
    ],
    cwd: options.cwd ?? repository,
    env: { ...ISOLATED, ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Returns the folder of the published weights on this machine, if there is one. */
export function publishedWeights(): string | undefined {
  const candidates = [
    Deno.env.get("TACTUS_MODELS_DIR"),
    join(repository, "..", "shared", "weights"),
  ];
  return candidates.find((folder) => folder && existsSync(join(folder, "harmonix-fold0_mlx.npz")));
}
