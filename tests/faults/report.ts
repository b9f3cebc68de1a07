/**
 * Results of a proof as text.
 *
 * @module
 */

import { markdownTable, textTable } from "../../core/table.ts";
import { error, figure } from "../../parity/render/figures.ts";
import { type Fault, languageOf } from "./fault.ts";
import { type FailedSeam, type FaultResult, isProven, type Proof } from "./prove.ts";

const HEAD = [
  "fault",
  "expected",
  "caught at",
  "first wrong inside",
  "seams",
  "worst seam",
  "needs",
  "differing",
];

/**
 * Returns the proof as a table, and below it the number of faults that were caught.
 *
 * @param proof results of the proof
 * @returns lines without a final newline
 */
export function proofTable(proof: Proof): string {
  return [
    ...textTable([HEAD, ...proof.results.map(row)], isNumber),
    ...stops(proof),
    tally(proof),
  ].join("\n");
}

/**
 * Returns the proof as a table in Markdown.
 *
 * @param proof results of the proof
 * @returns lines with a final newline
 */
export function proofMarkdown(proof: Proof): string {
  return [
    ...markdownTable([HEAD, ...proof.results.map(row)], isNumber),
    "",
    ...stops(proof).flatMap((line) => [line, ""]),
    tally(proof),
    "",
  ].join("\n");
}

/**
 * Returns a list of faults as a table.
 *
 * @param faults the faults
 * @returns lines without a final newline
 */
export function faultTable(faults: readonly Fault[]): string {
  const rows = faults.map((fault) => [fault.name, fault.expected, languageOf(fault), fault.file]);
  return textTable([["fault", "expected", "language", "file"], ...rows]).join("\n");
}

function isNumber(column: number): boolean {
  return column === 4 || column >= 6;
}

function row(result: FaultResult): string[] {
  const worst = worstOf(result.seams);
  return [
    result.name,
    result.expected,
    result.stopped === undefined ? result.failed.join(", ") || "nowhere" : "stopped",
    result.firstWrong ?? "",
    String(result.seams.length),
    worst === undefined ? "" : `${worst.suite}, ${worst.piece}, ${worst.seam}`,
    worst === undefined ? "" : worst.needs === null ? "another shape" : error(worst.needs),
    worst === undefined || worst.differing === null ? "" : `${figure(100 * worst.differing)} %`,
  ];
}

/** Returns the seam that needs the largest tolerance; a seam that could not be compared comes first. */
function worstOf(seams: readonly FailedSeam[]): FailedSeam | undefined {
  const rank = ({ needs }: FailedSeam): number => needs ?? Infinity;
  return seams.reduce<FailedSeam | undefined>(
    (worst, seam) => worst === undefined || rank(seam) > rank(worst) ? seam : worst,
    undefined,
  );
}

function stops({ results }: Proof): string[] {
  return results.flatMap(({ name, stopped }) =>
    stopped === undefined ? [] : [`${name}: not compared: ${stopped}`]
  );
}

function tally({ results, controlSeams }: Proof): string {
  const caught = results.filter(({ caughtAt }) => caughtAt !== null).length;
  const proven = results.filter(isProven).length;
  return `${results.length} faults: ${caught} caught, ${proven} of them at the expected stage and ` +
    `no other; the undamaged copy passed ${controlSeams} seams`;
}
