/**
 * The command line of the fuzzer.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { StatusLine } from "../../cli/status_line.ts";
import { UsageError } from "../../core/usage_error.ts";
import { RUN_CASES_OPTION } from "./case_process.ts";
import { type FuzzCall, understand } from "./fuzz_call.ts";
import { fuzzTarget, type TargetReport } from "./fuzz_target.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { fuzzTable } from "./report.ts";
import { type Assignment, runCases } from "./run_cases.ts";
import { InputFolder } from "./save_input.ts";
import type { Target } from "./target.ts";

/** A program that fuzzes. */
export interface Fuzzer {
  /** What it fuzzes. */
  readonly targets: readonly Target[];
  /** Its own address: it calls itself. */
  readonly entry: string;
  readonly limits?: Limits;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs the command.
 *
 * @param args the command line
 * @param fuzzer what is fuzzed
 * @returns the exit code: 0, 1 when something was found, or 2 when the call was wrong or could not run
 */
export async function fuzzCommand(args: readonly string[], fuzzer: Fuzzer): Promise<number> {
  if (args[0] === RUN_CASES_OPTION) {
    const assignment: Assignment = JSON.parse(args[1] ?? "");
    await runCases(fuzzer.targets.find(({ name }) => name === assignment.target)!, assignment);
    return 0;
  }
  try {
    const call = understand(args, fuzzer.targets);
    if (typeof call !== "string") return await fuzz(call, fuzzer);
    console.log(call);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
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
    for (const { target, unusable: why } of unusable) {
      console.error(`The target ${target} could not be fuzzed: ${why}`);
    }
    if (unusable.length > 0) return 2;
    return reports.some(({ findings }) => findings.length > 0) ? 1 : 0;
  } finally {
    SIGNALS.forEach((signal) => process.off(signal, stop));
    await clear();
  }
}

/** Each target in turn; what one leaves of its time goes to those after it. */
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

async function printFindings(reports: readonly TargetReport[], call: FuzzCall): Promise<void> {
  const folder = new InputFolder(call.saveDirectory);
  for (const { target: name, findings } of reports) {
    const target = call.targets.find((candidate) => candidate.name === name)!;
    for (const { case: number, kind, detail } of findings) {
      console.log(
        `\n${name}, seed ${call.seed}, case ${number}: ${kind}: ${detail}\n` +
          `  input  ${await folder.save(target, call.seed, number)}\n` +
          `  again  deno task fuzz --target ${name} --seed ${call.seed} --case ${number}`,
      );
    }
  }
}
