/**
 * What a proof of the parity harness found.
 *
 * @module
 */

import { STAGES } from "../../pipeline/stages.ts";
import type { ParityReport } from "../../parity/report.ts";
import type { Language } from "./fault.ts";

/** A seam that failed because of a fault. */
export interface FailedSeam {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly piece: string;
  /** Name of the stage. */
  readonly stage: string;
  /** Name of the seam. */
  readonly seam: string;
  /** The smallest tolerance that would pass; null where type or shape differ or a value is not finite. */
  readonly needs: number | null;
  /** The share of the elements that differ, 0 to 1; null as above. */
  readonly differing: number | null;
  /** Why it failed, in words. */
  readonly reason: string;
}

/** What became of one fault. */
export interface FaultResult {
  /** What was wrong with the program, in words. */
  readonly name: string;
  /** The file that was patched. */
  readonly file: string;
  /** What it is written in. */
  readonly language: Language;
  /** The stage that had to fail. */
  readonly expected: string;
  /** The stages that failed when each was fed references, in the order of the data. */
  readonly failed: readonly string[];
  /** The first of them; null when none failed. */
  readonly caughtAt: string | null;
  /** The seams that failed. */
  readonly seams: readonly FailedSeam[];
  /** The inner seam that the walk through the first failing stage named; null where it named none. */
  readonly firstWrong: string | null;
  /** Why the damaged program could not be compared, in words; absent when it could. */
  readonly stopped?: string;
  /** Seconds that building and comparing took. */
  readonly durationSeconds: number;
}

/** Everything that a proof found. */
export interface Proof {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** Versions of the programs that made the references. */
  readonly upstream: Readonly<Record<string, string>>;
  /** Suites that every copy was compared with. */
  readonly suites: readonly string[];
  /** Seams that the undamaged copy passed: all of them. */
  readonly controlSeams: number;
  /** One for each fault, in the order in which they were tried. */
  readonly results: readonly FaultResult[];
}

/** Whether a fault was caught, and at no other stage than was expected. */
export function isProven({ failed, expected }: Pick<FaultResult, "failed" | "expected">): boolean {
  return failed.length === 1 && failed[0] === expected;
}

/**
 * The seams of a report that failed.
 *
 * @param report of isolated runs, so that a stage fails only for what it did itself
 */
export function failedSeams({ suites }: ParityReport): FailedSeam[] {
  return suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ suite, piece, stage, seam, comparison }) => {
      const { elements, differing, smallestTolerance, reason } = comparison;
      return {
        ...{ suite, piece, stage, seam },
        // Where nothing could be compared, the report has nulls for numbers.
        needs: elements > 0 ? smallestTolerance : null,
        differing: elements > 0 ? differing / elements : null,
        reason: reason ?? "no reason was given",
      };
    });
}

/** The stages of seams, each once, in the order of the data. */
export function stagesOfSeams(seams: readonly Pick<FailedSeam, "stage">[]): string[] {
  const failed = new Set(seams.map(({ stage }) => stage));
  return STAGES.map(({ name }) => name).filter((name) => failed.has(name));
}
