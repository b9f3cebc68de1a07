/**
 * The files that a report is written to.
 *
 * @module
 */

import { writeWhole } from "../core/files.ts";
import { benchmarkJson, measurementsCsv } from "../reports/render/exports.ts";
import { reportJson } from "../reports/report_document.ts";
import { markdownReport } from "../reports/render/markdown.ts";
import { reportPage } from "../reports/render/page.tsx";
import type { ReportView } from "../reports/report_view.ts";
import { OUTPUT_FILE } from "./argument_types.ts";
import { option, type Values } from "./command.ts";

/** Options of the commands that write reports. */
export const EXPORT_OPTIONS = {
  exportHtml: option(OUTPUT_FILE, "also write the report as a self-contained page"),
  exportMarkdown: option(
    OUTPUT_FILE,
    "also write it as Markdown tables, for a job summary or a pull request",
  ),
  exportJson: option(
    OUTPUT_FILE,
    "also write all figures as JSON (reports/run_report.schema.json; of stages reports/measure/bench_report.schema.json)",
  ),
  exportCsv: option(
    OUTPUT_FILE,
    "also write the time of every stage as CSV, one measurement a row",
  ),
  exportBenchmark: option(
    OUTPUT_FILE,
    "also write it for github-action-benchmark (customSmallerIsBetter)",
  ),
} as const;

type Form = keyof typeof EXPORT_OPTIONS;

/** Renderers by the options that name their files. */
const RENDERERS: Readonly<Record<Form, (view: ReportView) => string | Promise<string>>> = {
  exportHtml: reportPage,
  exportMarkdown: (view) => markdownReport(view) + "\n",
  exportJson: ({ run, decision }) => reportJson(run, decision),
  exportCsv: ({ run }) => measurementsCsv(run),
  exportBenchmark: benchmarkJson,
};

/** Names of the files in a folder of reports. */
const FILE_NAMES: Readonly<Record<Form, string>> = {
  exportHtml: "report.html",
  exportMarkdown: "report.md",
  exportJson: "report.json",
  exportCsv: "measurements.csv",
  exportBenchmark: "benchmark.json",
};

/** Returns the values of {@linkcode EXPORT_OPTIONS} that write all files to a folder. */
export function exportsIn(folder: string): Record<Form, string> {
  const files = Object.entries(FILE_NAMES).map(([form, name]) => [form, `${folder}/${name}`]);
  return Object.fromEntries(files) as Record<Form, string>;
}

/**
 * Writes a report to files, each of them whole or not at all.
 *
 * @param view the report
 * @param files values of {@linkcode EXPORT_OPTIONS}
 */
export async function writeExports(
  view: ReportView,
  files: Values<typeof EXPORT_OPTIONS>,
): Promise<void> {
  for (const form of Object.keys(RENDERERS) as Form[]) {
    const file = files[form];
    if (file !== undefined) await writeWhole(file, await RENDERERS[form](view));
  }
}
