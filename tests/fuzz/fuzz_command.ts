/**
 * The command line of the fuzzer.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { oneOf, seconds, text, wholeNumber } from "../../cli/argument_types.ts";
import { type Command, command, option } from "../../cli/command.ts";
import { StatusLine } from "../../cli/status_line.ts";
import { textTable } from "../../core/table.ts";
import { UsageError } from "../../core/usage_error.ts";
import { RUN_CASES_OPTION } from "./case_process.ts";
import { fuzzTarget, type TargetReport } from "./fuzz_target.ts";
import { type Assignment, DEFAULT_LIMITS, type Limits } from "./message.ts";
import { runCases } from "./run_cases.ts";
import { inputOf, type Target } from "./target.ts";

/** A program that fuzzes. */
export interface Fuzzer {
  /** Targets of the program. */
  readonly targets: readonly Target[];
  /** Address of the program, which starts itself for each target. */
  readonly entry: string;
  readonly limits?: Limits;
}

/** Values of the options. */
interface FuzzCall {
  readonly targets: readonly Target[];
  readonly seed: number;
  /** Seconds for all targets together. */
  readonly seconds: number;
  /** Number of the first case of each target. */
  readonly first: number;
  /** Largest number of cases of each target. */
  readonly cases: number;
  /** Folder for the inputs of findings; a temporary one if absent. */
  readonly saveDirectory?: string;
}

const MOST_CASES = 2 ** 31 - 1;
const MOST_SECONDS = 86_400;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const MIB = 2 ** 20;

/**
 * Runs the command.
 *
 * @param args the command line
 * @param fuzzer the targets
 * @returns the exit code: 0, 1 for a finding, or 2 where the call is wrong or a target cannot run
 */
export async function fuzzCommand(args: readonly string[], fuzzer: Fuzzer): Promise<number> {
  if (args[0] === RUN_CASES_OPTION) {
    const assignment: Assignment = JSON.parse(args[1] ?? "");
    await runCases(fuzzer.targets.find(({ name }) => name === assignment.target)!, assignment);
    return 0;
  }
  try {
    return await commandOf(fuzzer).run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

function commandOf(fuzzer: Fuzzer): Command {
  const { targets } = fuzzer;
  return command({
    name: "deno task fuzz",
    description:
      `Feeds damaged files to every reader and looks for crashes, hangs, errors of an unexpected type, wrong results
and memory out of proportion. The input of a case depends only on the seed, the target and the number of the case. The
first cases are valid files.`,
    options: {
      seconds: option(seconds(MOST_SECONDS), "time for all targets together").default(60),
      seed: option(wholeNumber(0, MOST_CASES), "seed of the cases").default(1),
      target: option(oneOf("name", targets.map(({ name }) => name)), "only this target").repeated(),
      cases: option(wholeNumber(1, MOST_CASES), "largest number of cases of each target"),
      case: option(wholeNumber(0, MOST_CASES), "only the case of this number, of one --target"),
      save: option(text("dir"), "folder for the inputs of findings")
        .shownDefault("a temporary folder"),
    },
    exitCodes: ["nothing was found", "something was found"],
    async run(values): Promise<number> {
      const chosen = new Set(values.target ?? targets.map(({ name }) => name));
      if (values.case !== undefined && values.target?.length !== 1) {
        throw new UsageError("--case expects one --target");
      }
      return await fuzz({
        targets: targets.filter(({ name }) => chosen.has(name)),
        ...{ seed: values.seed, seconds: values.seconds, first: values.case ?? 0 },
        cases: values.case === undefined ? values.cases ?? MOST_CASES : 1,
        ...(values.save !== undefined && { saveDirectory: values.save }),
      }, fuzzer);
    },
  });
}

async function fuzz(call: FuzzCall, fuzzer: Fuzzer): Promise<number> {
  console.log(`Seed ${call.seed}, ${call.seconds} s`);
  const scratch = await mkdtemp(join(tmpdir(), "tactus_fuzz_"));
  const clear = (): Promise<void> => rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  const stop = async (): Promise<never> => {
    await clear();
    Deno.exit(130);
  };
  SIGNALS.forEach((signal) => process.once(signal, stop));
  try {
    const reports = await fuzzAll(call, fuzzer, scratch);
    console.log(fuzzTable(reports));
    await printFindings(reports, call);
    const unusable = reports.filter((report) => report.unusable !== undefined);
    for (const { target, unusable: reason } of unusable) {
      console.error(`The target ${target} could not be fuzzed: ${reason}`);
    }
    if (unusable.length > 0) return 2;
    return reports.some(({ findings }) => findings.length > 0) ? 1 : 0;
  } finally {
    SIGNALS.forEach((signal) => process.off(signal, stop));
    await clear();
  }
}

/** Fuzzes each target in turn; time that one does not use is left for the targets after it. */
async function fuzzAll(
  call: FuzzCall,
  { entry, limits = DEFAULT_LIMITS }: Fuzzer,
  scratch: string,
): Promise<TargetReport[]> {
  const status = new StatusLine();
  const end = performance.now() + 1000 * call.seconds;
  let shares = call.targets.reduce((sum, { share }) => sum + share, 0);
  const reports: TargetReport[] = [];
  for (const target of call.targets) {
    const seconds = (end - performance.now()) / 1000 * target.share / shares;
    shares -= target.share;
    const { seed, first, cases } = call;
    const plan = { seed, first, cases, seconds, scratch, limits };
    const onCase = (number: number): void => status.show(`${target.name}: case ${number}`);
    reports.push(await fuzzTarget(target, entry, plan, onCase));
  }
  status.clear();
  return reports;
}

/**
 * Returns one row for each target. Rejected are the cases that the reader refused with an error of its own type. A finding
 * stands for all cases that failed at the same place.
 */
function fuzzTable(reports: readonly TargetReport[]): string {
  const head = [
    ...["target", "cases", "rejected", "accepted", "slowest case (CPU ms)", "its number"],
    ...["peak memory (MiB)", "findings"],
  ];
  const rows = reports.map(({ target, cases, tally, findings }) => [
    target,
    ...[cases, tally.rejected, tally.accepted].map(String),
    tally.slowestCase < 0 ? "" : (1000 * tally.slowestSeconds).toFixed(1),
    tally.slowestCase < 0 ? "" : String(tally.slowestCase),
    tally.peakBytes === 0 ? "" : (tally.peakBytes / MIB).toFixed(0),
    String(findings.length),
  ]);
  return textTable([head, ...rows], (column) => column > 0).join("\n");
}

/** Prints each finding, and writes its input to `TARGET-SEED-CASE.ENDING` in a folder that is made for the first one. */
async function printFindings(reports: readonly TargetReport[], call: FuzzCall): Promise<void> {
  const found = reports.flatMap(({ target: name, findings }) => {
    const target = call.targets.find((candidate) => candidate.name === name)!;
    return findings.map((finding) => ({ target, ...finding }));
  });
  if (found.length === 0) return;
  const folder = call.saveDirectory === undefined
    ? await mkdtemp(join(tmpdir(), "tactus_fuzz_inputs_"))
    : resolve(call.saveDirectory);
  await mkdir(folder, { recursive: true });
  for (const { target, case: number, kind, detail } of found) {
    const { name, extension } = target;
    const path = join(folder, `${name}-${call.seed}-${number}.${extension}`);
    await writeFile(path, inputOf(target, await target.seeds(), call.seed, number));
    console.log(
      `\n${name}, seed ${call.seed}, case ${number}: ${kind}: ${detail}\n` +
        `  input  ${path}\n` +
        `  again  deno task fuzz --target ${name} --seed ${call.seed} --case ${number}`,
    );
  }
}
