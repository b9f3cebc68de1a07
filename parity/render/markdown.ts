/**
 * The report of a parity run as Markdown, for a pull request.
 *
 * @module
 */

import { markdownTable, markdownText } from "../../core/table.ts";
import type { ParityReport, SeamResult, SuiteReport } from "../report.ts";
import {
  allowed,
  error,
  figure,
  firstFailureTexts,
  madeByText,
  neededBy,
  neededByUpstream,
  sampleTexts,
  seconds,
  subjectOf,
  tally,
} from "./figures.ts";
import { isTimingNumber, timingHead, timingNote, timingRows } from "./timings.ts";
import { findingText } from "./walk_text.ts";

const HEAD = [
  ...["piece", "mode", "stage", "seam", "max error", "needs", "upstream needs", "allowed"],
  ...["margin", "stage s", "verdict"],
];

/** Columns from this one to the last but one are numbers. */
const FIRST_NUMBER = 4;

/**
 * Renders the report: failures first, then a folded table of all seams for each suite.
 *
 * @param report results of the run
 * @returns GitHub-flavoured Markdown, with a final newline
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
    ...firstFailureTexts(report).map((text) => `**${markdownText(text)}**`),
    ...(failed.length === 0 ? [] : [failed.join("\n")]),
    ...sampleTexts(report).map((text) => `${markdownText(text)}.`),
    ...(report.walks ?? []).flatMap((walk) => [
      `**Walk**, ${markdownText(walk.stage)}: ${markdownText(walk.subject)}` +
      (walk.first === null ? ": every step is correct" : ""),
      ...(walk.first === null
        ? []
        : ["```\n" + findingText({ first: walk.first, steps: walk.steps }) + "\n```"]),
    ]),
    ...(report.unwalked ?? []).map((reason) => `Not walked through: ${markdownText(reason)}`),
    ...report.suites.flatMap(suiteBlocks),
    ...timingBlocks(report),
    ...(report.madeBy === undefined ? [] : [markdownText(madeByText(report)!)]),
  ];
  return blocks.join("\n\n") + "\n";
}

function suiteBlocks(report: SuiteReport): string[] {
  const { suite, notRun, results } = report;
  if (notRun !== undefined) {
    return [`**${markdownText(suite)}** was not run: ${markdownText(notRun)}`];
  }
  // The suites of a described pipeline are its implementations.
  const of = report.implementation === suite ? suite : `${suite} (${subjectOf(report)})`;
  const title = `${markdownText(of)}: ${results.length} seams`;
  return [
    `<details><summary>${title}</summary>`,
    markdownTable([HEAD, ...results.map(resultRow)], isNumber).join("\n"),
    "</details>",
  ];
}

function timingBlocks({ timings }: ParityReport): string[] {
  if (timings === undefined) return [];
  const rows = timingRows(timings);
  return [
    `<details><summary>Times, ${timingNote(timings)}</summary>`,
    markdownTable([timingHead(timings), ...rows], isTimingNumber).join("\n"),
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
    ...[figure(comparison.margin), seconds(durationSeconds)],
    verdict === "pass" ? "pass" : { markdown: `**${verdict}**` },
  ];
}
