/**
 * What the fuzzer was asked to do.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { UsageError } from "../../core/usage_error.ts";
import type { Target } from "./target.ts";

/** A call of the command, understood. */
export interface FuzzCall {
  /** What is fuzzed, in order. */
  readonly targets: readonly Target[];
  readonly seed: number;
  /** Seconds for all targets together. */
  readonly seconds: number;
  /** Number of the first case of each target. */
  readonly first: number;
  /** Cases of each target at most. */
  readonly cases: number;
  /** Where inputs that something was found with are kept; a temporary folder if absent. */
  readonly saveDirectory?: string;
}

const OPTIONS = {
  seconds: { type: "string", default: "60" },
  seed: { type: "string", default: "1" },
  target: { type: "string", multiple: true },
  case: { type: "string" },
  cases: { type: "string" },
  save: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const MOST_CASES = 2 ** 31 - 1;

function help(targets: readonly Target[]): string {
  return `Usage: deno task fuzz [options]

Feeds damaged files to every reader and looks for crashes, hangs, errors that are not the reader's
own, wrong results and memory that is out of proportion. What a case is fed depends on the seed, the
target and the number of the case alone; the first cases are sound files.

      --seconds N    time for all targets together (default: 60)
      --seed N       another seed gives other cases (default: 1)
      --target NAME  only this target; may be given several times:
                     ${targets.map(({ name }) => name).join(", ")}
      --cases N      at most this many cases of each target
      --case N       only this case, of one --target
      --save DIR     folder for inputs that something was found with (default: a temporary one)
  -h, --help         print this

Exit codes: 0 nothing found, 1 something was found, 2 the call was wrong or could not run`;
}

/**
 * Reads the command line.
 *
 * @param args the arguments
 * @param targets what can be fuzzed
 * @returns the call, or the text to print when help was asked for
 * @throws {UsageError} if the call is wrong
 */
export function understand(args: readonly string[], targets: readonly Target[]): FuzzCall | string {
  const { values } = parse(args);
  if (values.help) return help(targets);
  const chosen = (values.target ?? []).map((name) => {
    const target = targets.find((candidate) => candidate.name === name);
    if (target !== undefined) return target;
    const names = targets.map((candidate) => candidate.name).join(", ");
    throw new UsageError(`Unknown target ${name}: expected one of ${names}`);
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new UsageError(`--seconds expects a number up to 86400, but got ${values.seconds}`);
  }
  if (values.case !== undefined && chosen.length !== 1) {
    throw new UsageError("--case expects one --target that the case is of");
  }
  const cases = values.cases === undefined ? MOST_CASES : count("cases", values.cases, 1);
  return {
    targets: chosen.length > 0 ? [...new Set(chosen)] : targets,
    seed: count("seed", values.seed, 0),
    seconds,
    first: values.case === undefined ? 0 : count("case", values.case, 0),
    cases: values.case === undefined ? cases : 1,
    ...(values.save !== undefined && { saveDirectory: values.save }),
  };
}

function count(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= MOST_CASES) {
    return value;
  }
  throw new UsageError(
    `--${option} expects a whole number from ${least} to ${MOST_CASES}, but got ${text}`,
  );
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; see deno task fuzz --help`, { cause });
  }
}
