/**
 * The report of a parity run as Markdown, for a pull request.
 *
 * @module
 */

import type { SeamResult } from "../judge.ts";
import {
  allowed,
  error,
  neededBy,
  neededByUpstream,
  type ParityReport,
  type SuiteReport,
  tally,
} from "./report.ts";
import { findingText } from "./walk_text.ts";

const HEAD = [
  ...["piece", "mode", "stage", "seam", "max error", "needs", "upstream needs", "allowed"],
  ...["margin", "stage s", "verdict"],
];

/** Columns from this one to the last but one are numbers. */
const FIRST_NUMBER = 4;

/**
 * Writes the report: what failed comes first, the tables of all seams are folded.
 *
 * @param report what was found
 * @returns Markdown as GitHub and GitLab read it, with a final newline
 */
export function parityMarkdown(report: ParityReport): string {
  const failed = report.suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict === "fail")
    .map(({ suite, piece, mode, seam, comparison }) =>
      `- ${text(`${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason}`)}`
    );
  const blocks = [
    `## Parity: ${failed.length === 0 ? "nothing failed" : `${failed.length} failed`}`,
    `${tally(report)}.`,
    ...(failed.length === 0 ? [] : [failed.join("\n")]),
    ...(report.walks ?? []).flatMap((walk) => [
      `**Walk**, ${text(walk.stage)}: ${text(walk.subject)}` +
      (walk.first === null ? ": every inner seam is right" : ""),
      ...(walk.first === null ? [] : ["```\n" + findingText(walk.first) + "\n```"]),
    ]),
    ...report.suites.flatMap(suiteBlocks),
  ];
  return blocks.join("\n\n") + "\n";
}

function suiteBlocks({ suite, model, notRun, results }: SuiteReport): string[] {
  if (notRun !== undefined) return [`**${text(suite)}** was not run: ${text(notRun)}`];
  const title = `${text(suite)} (weights ${text(model)}): ${results.length} seams`;
  return [
    `<details><summary>${title}</summary>`,
    [row(HEAD), row(HEAD.map(align)), ...results.map(resultRow)].join("\n"),
    "</details>",
  ];
}

function align(_heading: string, column: number): string {
  return column >= FIRST_NUMBER && column < HEAD.length - 1 ? "---:" : "---";
}

function resultRow(result: SeamResult): string {
  const { piece, mode, stage, seam, comparison, durationSeconds, verdict } = result;
  return row([
    ...[piece, mode, stage, seam, error(comparison.maxAbsolute), neededBy(result)],
    ...[neededByUpstream(result.upstreamFloat32), allowed(result.tolerance)],
    comparison.margin === null ? "" : String(Number(comparison.margin.toPrecision(3))),
    Number.isNaN(durationSeconds) ? "" : durationSeconds.toFixed(2),
    verdict === "pass" ? "pass" : `**${verdict}**`,
  ].map((cell, column) => column === HEAD.length - 1 ? cell : text(cell)));
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Text in which nothing is markup, on one line. */
function text(plain: string): string {
  return plain.replace(/\s+/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]|~]/g, "\\$&");
}
