/**
 * What a proof found, as text.
 *
 * @module
 */

import { markdownTable, textTable } from "../../core/table.ts";
import { error } from "../../parity/render/figures.ts";
import { type Fault, languageOf } from "./fault.ts";
import { type FailedSeam, type FaultResult, isProven, type Proof } from "./proof.ts";

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
 * The proof as a table, and below it what the faults come to.
 *
 * @param proof what was found
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
 * The proof as a table in Markdown.
 *
 * @param proof what was found
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
 * The faults that there are, as a table.
 *
 * @param faults which
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
    worst === undefined || worst.differing === null
      ? ""
      : `${Number((100 * worst.differing).toPrecision(3))} %`,
  ];
}

/** The seam that is off most; one that cannot be compared is off more than any other. */
function worstOf(seams: readonly FailedSeam[]): FailedSeam | undefined {
  const off = ({ needs }: FailedSeam): number => needs ?? Infinity;
  return seams.reduce<FailedSeam | undefined>(
    (worst, seam) => worst === undefined || off(seam) > off(worst) ? seam : worst,
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
