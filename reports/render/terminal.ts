/**
 * Formats a report as text for a terminal.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import {
  commitFigure,
  factorFigure,
  mebibytesFigure,
  minuteFigure,
  ratioFigure,
  secondsFigure,
} from "../figures.ts";
import type { ReportView } from "../report_view.ts";
import { workCells, workHead } from "../work_columns.ts";
import { alertWords, baselineWords, noticeWords, verdictSentence, verdictWord } from "../words.ts";
import { benchTables } from "./bench_tables.ts";

const HEAD = [
  "variant",
  "stage",
  "median s",
  "low s",
  "high s",
  "x real time",
  "cpu s",
  "peak MiB",
  "read MiB",
  "ratio",
  "verdict",
];

/**
 * Returns the verdict, one row for each stage, and all findings; of stages that were timed by themselves one table each.
 *
 * @param report figures of the run
 * @returns lines without a final newline
 */
export function terminalReport(report: ReportView): string {
  const { run, stages, warnings } = report;
  if (run.benches !== undefined) return benchTables(run);
  const rows = stages.map((stage) => [
    stage.variant,
    stage.stage,
    secondsFigure(stage.median),
    secondsFigure(stage.interval?.low ?? null),
    secondsFigure(stage.interval?.high ?? null),
    factorFigure(stage.realTimeFactor),
    secondsFigure(stage.cpuSeconds),
    mebibytesFigure(stage.peakBytes),
    mebibytesFigure(stage.bytesRead),
    ratioFigure(stage.ratio),
    ...workCells(stage, stages).map(({ text }) => text),
    stage.verdict ?? "",
  ]);
  const head = [...HEAD.slice(0, -1), ...workHead(stages), HEAD.at(-1)!];
  const { cpu, cores } = run.machine;
  return [
    `${verdictWord(report)}: ${verdictSentence(report)}`,
    "",
    ...textTable([head, ...rows], (column) => column >= 2 && column < head.length - 1),
    "",
    ...alertWords(report.decision),
    ...noticeWords(report.decision).map((notice) => `Notice: ${notice}`),
    ...warnings.map((warning) => `Warning: ${warning}`),
    `${minuteFigure(run.startedAt)}, commit ${commitFigure(run.program.commit)}, ${cpu}, ` +
    `${cores} cores; ${baselineWords(report)}`,
  ].join("\n");
}
