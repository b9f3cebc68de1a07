/**
 * The report of a parity run as Markdown, for a pull request.
 *
 * @module
 */

import { markdownTable, markdownText } from "../../core/table.ts";
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
      `- ${markdownText(`${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason}`)}`
    );
  const blocks = [
    `## Parity: ${failed.length === 0 ? "nothing failed" : `${failed.length} failed`}`,
    `${tally(report)}.`,
    ...(failed.length === 0 ? [] : [failed.join("\n")]),
    ...(report.walks ?? []).flatMap((walk) => [
      `**Walk**, ${markdownText(walk.stage)}: ${markdownText(walk.subject)}` +
      (walk.first === null ? ": every inner seam is right" : ""),
      ...(walk.first === null ? [] : ["```\n" + findingText(walk.first) + "\n```"]),
    ]),
    ...report.suites.flatMap(suiteBlocks),
  ];
  return blocks.join("\n\n") + "\n";
}

function suiteBlocks({ suite, model, notRun, results }: SuiteReport): string[] {
  if (notRun !== undefined) {
    return [`**${markdownText(suite)}** was not run: ${markdownText(notRun)}`];
  }
  const title = `${markdownText(suite)} (weights ${markdownText(model)}): ${results.length} seams`;
  return [
    `<details><summary>${title}</summary>`,
    markdownTable([HEAD, ...results.map(resultRow)], isNumber).join("\n"),
    "</details>",
  ];
}

function isNumber(column: number): boolean {
  return column >= FIRST_NUMBER && column < HEAD.length - 1;
}

function resultRow(result: SeamResult): (string | { markdown: string })[] {
  const { piece, mode, stage, seam, comparison, durationSeconds, verdict } = result;
  return [
    ...[piece, mode, stage, seam, error(comparison.maxAbsolute), neededBy(result)],
    ...[neededByUpstream(result.upstreamFloat32), allowed(result.tolerance)],
    comparison.margin === null ? "" : String(Number(comparison.margin.toPrecision(3))),
    Number.isNaN(durationSeconds) ? "" : durationSeconds.toFixed(2),
    verdict === "pass" ? "pass" : { markdown: `**${verdict}**` },
  ];
}
