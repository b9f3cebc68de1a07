/**
 * Fuzzes one target for a given time, with a new process after each one that is lost.
 *
 * @module
 */

import { runInProcess } from "./case_process.ts";
import { type CaseRange, type FindingMessage, NO_TALLY, type Tally } from "./message.ts";
import type { Target } from "./target.ts";

/** Outcome of one target. */
export interface TargetReport {
  readonly target: string;
  /** Number of cases that were begun. */
  readonly cases: number;
  readonly tally: Tally;
  /** The earliest case of each signature. */
  readonly findings: readonly FindingMessage[];
  /** Reason why the target cannot be fuzzed; absent where it can. */
  readonly unusable?: string;
}

/** Number of lost processes after which the rest of the time is given up. */
const MOST_LOST_PROCESSES = 8;

/**
 * Runs cases until the time is up. After a case that costs the process, a new process continues with the next case.
 *
 * @param target what is fuzzed
 * @param entry address of the program that has the target
 * @param plan cases and time, which includes the start of the processes
 * @param onCase is called several times a second with the number of the case
 */
export async function fuzzTarget(
  target: Target,
  entry: string,
  plan: CaseRange,
  onCase: (number: number) => void,
): Promise<TargetReport> {
  const { seed, scratch, limits } = plan;
  const end = performance.now() + 1000 * plan.seconds;
  const findings = new Map<string, FindingMessage>();
  let tally = NO_TALLY;
  let next = plan.first;
  for (let lost = 0; lost < MOST_LOST_PROCESSES; lost++) {
    const cases = plan.first + plan.cases - next;
    const seconds = (end - performance.now()) / 1000;
    if (cases <= 0 || seconds <= 0) break;
    const assignment = { target: target.name, seed, first: next, cases, seconds, scratch, limits };
    const report = await runInProcess(entry, assignment, onCase);
    tally = sum(tally, report.tally);
    for (const finding of report.findings) {
      if (!findings.has(finding.signature)) findings.set(finding.signature, finding);
    }
    next = Math.max(next, report.lastCase + 1);
    if (report.unusable !== undefined) {
      return {
        target: target.name,
        cases: next - plan.first,
        tally,
        findings: [...findings.values()],
        unusable: report.unusable,
      };
    }
    if (report.isDone) break;
  }
  return {
    target: target.name,
    cases: next - plan.first,
    tally,
    findings: [...findings.values()],
  };
}

function sum(one: Tally, other: Tally): Tally {
  const slower = other.slowestSeconds > one.slowestSeconds ? other : one;
  return {
    rejected: one.rejected + other.rejected,
    accepted: one.accepted + other.accepted,
    faulty: one.faulty + other.faulty,
    slowestSeconds: slower.slowestSeconds,
    slowestCase: slower.slowestCase,
    peakBytes: Math.max(one.peakBytes, other.peakBytes),
  };
}
