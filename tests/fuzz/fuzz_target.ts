/**
 * Fuzzes one target for a while, with as many processes as it costs.
 *
 * @module
 */

import { runInProcess } from "./case_process.ts";
import type { CaseRange } from "./case_range.ts";
import { type FindingMessage, NO_TALLY, type Tally } from "./message.ts";
import type { Target } from "./target.ts";

/** What was found in one target. */
export interface TargetReport {
  readonly target: string;
  /** Cases that were begun. */
  readonly cases: number;
  readonly tally: Tally;
  /** One for each signature, the earliest case. */
  readonly findings: readonly FindingMessage[];
  /** Why the target cannot be fuzzed at all, if it cannot. */
  readonly unusable?: string;
}

/** Processes that a target may cost before the rest of its time is given up. */
const MOST_LOST_PROCESSES = 8;

/**
 * Runs cases until the time is up; after a case that costs the process, a new one goes on with the next.
 *
 * @param target what is fuzzed
 * @param entry address of the program that knows the target
 * @param plan which cases, and how long; the start of the processes counts
 * @param onCase hears now and then which case runs
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
