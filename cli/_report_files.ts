/**
 * The files that a report is written to.
 *
 * @module
 */

import { writeWhole } from "../core/files.ts";
import type { ReportView } from "../reports/mod.ts";
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
    "also write all figures as JSON (reports/run_report.schema.json)",
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
  const reports = await import("../reports/mod.ts");
  const renderers: Readonly<Record<Form, () => string>> = {
    exportHtml: () => reports.reportPage(view),
    exportMarkdown: () => reports.markdownReport(view) + "\n",
    exportJson: () => reports.reportJson(view.run, view.decision),
    exportCsv: () => reports.measurementsCsv(view.run),
    exportBenchmark: () => reports.benchmarkJson(view),
  };
  for (const [form, render] of Object.entries(renderers)) {
    const file = files[form as Form];
    if (file !== undefined) await writeWhole(file, render());
  }
}
