/**
 * Formats a report as Markdown, for the summary of a job or a pull request.
 *
 * @module
 */

import {
  commitFigure,
  errorFigure,
  factorFigure,
  mebibytesFigure,
  minuteFigure,
  percentFigure,
  ratioFigure,
  secondsFigure,
} from "../figures.ts";
import type { ReportView, StageView } from "../report_view.ts";
import { markdownTable, markdownText } from "../../core/table.ts";
import { workCells, workHead } from "../work_columns.ts";
import {
  alertWords,
  baselineWords,
  changeWords,
  noticeWords,
  verdictSentence,
  verdictWord,
} from "../words.ts";

/** Seams in the table, those nearest to their limits. */
const SEAMS = 10;

/**
 * Returns the verdict as a heading, a table of the stages, and all findings.
 *
 * @param report figures of the run
 * @returns Markdown with a final newline
 */
export function markdownReport(report: ReportView): string {
  const { run, decision } = report;
  const sections = [
    `## ${icon(report)} ${verdictWord(report)}: ${markdownText(verdictSentence(report))}`,
    `${minuteFigure(run.startedAt)}, commit \`${commitFigure(run.program.commit)}\`, ` +
    `${markdownText(run.machine.cpu)}, ${run.machine.cores} cores; ${baselineWords(report)}`,
    bullets(alertWords(decision)),
    stageTable(report.stages),
    bullets(noticeWords(decision).map((notice) => `Notice: ${notice}`)),
    bullets(report.warnings.map((warning) => `Warning: ${warning}`)),
    qualityTable(report),
    details("Parity margins", parityTable(report)),
    details("Change points in the history", bullets((decision?.steps ?? []).map(changeWords))),
    details("Machine and versions", machineTable(report)),
  ];
  return sections.filter((section) => section !== "").join("\n\n") + "\n";
}

function icon({ decision }: ReportView): string {
  return decision === null ? "●" : decision.verdict === "quiet" ? "✓" : "▲";
}

function stageTable(stages: readonly StageView[]): string {
  const head = [
    "variant",
    "stage",
    "median s",
    "ratio",
    "verdict",
    "× real time",
    "95 % interval s",
    "CPU s",
    "peak MiB",
    "read MiB",
    ...workHead(stages),
  ];
  const rows = stages.map((stage) => [
    stage.variant,
    stage.stage,
    secondsFigure(stage.median),
    ratioFigure(stage.ratio),
    stage.verdict ?? "",
    factorFigure(stage.realTimeFactor),
    stage.interval === null
      ? ""
      : `${secondsFigure(stage.interval.low)} to ${secondsFigure(stage.interval.high)}`,
    secondsFigure(stage.cpuSeconds),
    mebibytesFigure(stage.peakBytes),
    mebibytesFigure(stage.bytesRead),
    ...workCells(stage, stages).map(({ text }) => text),
  ]);
  return table(head, [2, 3, 5, 7, 8, 9, 10, 11, 12], rows);
}

function qualityTable({ run }: ReportView): string {
  return table(
    ["system", "measure", "mean", "tracks"],
    [2, 3],
    run.quality.map(({ system, measure, value, tracks }) => [
      system,
      measure,
      value.toFixed(3),
      String(tracks),
    ]),
  );
}

function parityTable({ parity }: ReportView): string {
  const rows = parity.slice(0, SEAMS).map((seam) => [
    seam.suite,
    seam.piece,
    seam.mode,
    seam.seam,
    errorFigure(seam.needs),
    errorFigure(seam.allowed),
    percentFigure(seam.margin),
    seam.verdict,
  ]);
  const head = ["suite", "piece", "mode", "seam", "needs", "allowed", "% of allowed", "verdict"];
  const rest = parity.length - rows.length;
  return table(head, [4, 5, 6], rows) + (rest > 0 ? `\n\n${rest} more need less` : "");
}

function machineTable({ run }: ReportView): string {
  const { machine, settings, versions } = run;
  const rows = [
    ["processor", machine.cpu],
    ["cores", String(machine.cores)],
    ["memory GiB", String(machine.memoryGiB)],
    ["system", `${machine.os} ${machine.architecture}`],
    ["fingerprint", machine.fingerprint],
    ...(settings.pipeline === undefined
      ? [["model", settings.model], ["demixer", settings.demixer]]
      : [["pipeline", settings.pipeline]]),
    ["rounds", `${settings.rounds} after ${settings.warmUps} warm-up`],
    ...Object.entries(versions),
  ];
  return table(["what", "which"], [], rows);
}

function details(summary: string, content: string): string {
  return content === "" ? "" : `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${markdownText(line)}`).join("\n");
}

function table(
  head: readonly string[],
  numbers: readonly number[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return "";
  return markdownTable([head, ...rows], (column) => numbers.includes(column)).join("\n");
}
