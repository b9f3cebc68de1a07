/**
 * What a parity run found, as data and as a table.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import type { Comparison, Tolerance } from "../compare.ts";
import type { SeamGrowth } from "../growth.ts";
import type { SeamResult } from "../judge.ts";
import type { UpstreamError } from "../manifest.ts";
import type { Walk } from "../walk.ts";

/** A suite that ran, or why it did not. */
export interface SuiteReport {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the model in the registry. */
  readonly model: string;
  /** Why the suite could not run; absent when it ran. */
  readonly notRun?: string;
  /** One for each seam, piece and mode; none when it did not run. */
  readonly results: readonly SeamResult[];
  /** From stage to stage, in chained mode. */
  readonly growth: readonly SeamGrowth[];
}

/** Everything that one parity run found. */
export interface ParityReport {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** Versions of the programs that made the references. */
  readonly upstream: Readonly<Record<string, string>>;
  /** The suites, in the order in which they ran. */
  readonly suites: readonly SuiteReport[];
  /** Through each stage that failed; absent where nobody asked for walks. */
  readonly walks?: readonly Walk[];
}

/** Whether every seam that was judged passed. */
export function passed(report: ParityReport): boolean {
  return report.suites.every(({ results }) => results.every(({ verdict }) => verdict !== "fail"));
}

/**
 * The report as text: one row a seam, the verdict last, and below it what failed and why.
 *
 * @param report what was found
 * @returns lines without a final newline
 */
export function parityTable(report: ParityReport): string {
  const rows = report.suites.flatMap(({ results }) => results).map((result) => [
    result.suite,
    result.piece,
    result.mode,
    result.stage,
    result.seam,
    error(result.comparison.maxAbsolute),
    neededBy(result),
    neededByUpstream(result.upstreamFloat32),
    allowed(result.tolerance),
    result.durationSeconds.toFixed(2),
    result.verdict,
  ]);
  const head = [
    "suite",
    "piece",
    "mode",
    "stage",
    "seam",
    "max error",
    "needs",
    "upstream needs",
    "allowed",
    "stage s",
    "verdict",
  ];
  return [
    ...(rows.length > 0 ? textTable([head, ...rows], (column) => column >= 5 && column <= 9) : []),
    ...report.suites.flatMap(({ suite, notRun }) =>
      notRun === undefined ? [] : [`${suite}: not run: ${notRun}`]
    ),
    ...remarks(report),
    tally(report),
  ].join("\n");
}

function remarks(report: ParityReport): string[] {
  return report.suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ suite, piece, mode, seam, verdict, comparison }) =>
      `${verdict}: ${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason}`
    );
}

/** How many seams had which verdict, in words. */
export function tally(report: ParityReport): string {
  const verdicts = report.suites.flatMap(({ results }) => results.map(({ verdict }) => verdict));
  const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
  return `${count("pass")} seams passed, ${count("fail")} failed, ${count("reported")} reported`;
}

/** The smallest tolerance that passes; of 16-bit samples the share that differ and by how many steps. */
export function neededBy(
  { comparison, tolerance }: { readonly comparison: Comparison; readonly tolerance: Tolerance },
): string {
  const { differing, elements, maxAbsolute, smallestTolerance } = comparison;
  if (tolerance.differing === undefined) return error(smallestTolerance);
  return elements === 0 ? "" : stepsText(maxAbsolute, differing / elements);
}

/** What upstream's own float32 needs, as {@linkcode neededBy}; nothing where that is not known. */
export function neededByUpstream(upstream: UpstreamError | null): string {
  if (upstream === null) return "";
  const { differing, maxAbs, minTolerance } = upstream;
  return differing === undefined ? error(minTolerance) : stepsText(maxAbs, differing);
}

/** What an element may be off; of 16-bit samples also how many may be. */
export function allowed({ absolute, differing }: Tolerance): string {
  return differing === undefined ? error(absolute) : stepsText(absolute, differing);
}

/**
 * How 16-bit samples differ, in words.
 *
 * @param steps the most that a sample is off, in steps of 16 bit
 * @param share of the samples that are off, 0 to 1
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { stepsText } from "./report.ts";
 * ok(stepsText(1, 0.00193) === "1 in 0.193 %");
 * ```
 */
export function stepsText(steps: number, share: number): string {
  return share === 0 ? "0" : `${steps} in ${Number((100 * share).toPrecision(3))} %`;
}

/** An error in words; nothing where there is none to tell. */
export function error(value: number): string {
  if (Number.isNaN(value)) return "";
  return value === 0 ? "0" : value.toExponential(2);
}
