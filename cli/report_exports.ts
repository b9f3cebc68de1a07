/**
 * The files that a report can be written to.
 *
 * @module
 */

import type { ParseArgsConfig } from "node:util";
import { writeWhole } from "../core/files.ts";
import { benchmarkJson } from "../reports/render/benchmark_json.ts";
import { measurementsCsv } from "../reports/render/csv.ts";
import { reportJson } from "../reports/report_document.ts";
import { markdownReport } from "../reports/render/markdown.ts";
import { reportPage } from "../reports/render/page.ts";
import type { ReportView } from "../reports/report_view.ts";
import { ensureFile } from "./writable.ts";

/** Each form, its option and the name of its file in a folder of reports. */
const FORMS = {
  html: { file: "report.html", write: reportPage },
  markdown: { file: "report.md", write: (view: ReportView) => markdownReport(view) + "\n" },
  json: {
    file: "report.json",
    write: ({ run, decision }: ReportView) => reportJson(run, decision),
  },
  csv: { file: "measurements.csv", write: ({ run }: ReportView) => measurementsCsv(run) },
  benchmark: { file: "benchmark.json", write: benchmarkJson },
} as const satisfies Record<string, {
  readonly file: string;
  readonly write: (view: ReportView) => string | Promise<string>;
}>;

type Form = keyof typeof FORMS;

/** Options of every command that writes reports. */
export const EXPORT_OPTIONS = {
  "export-html": { type: "string" },
  "export-markdown": { type: "string" },
  "export-json": { type: "string" },
  "export-csv": { type: "string" },
  "export-benchmark": { type: "string" },
} as const satisfies ParseArgsConfig["options"];

/** How these options are explained. */
export const EXPORT_OPTIONS_HELP = `      --export-html FILE   a page that opens without a network
      --export-markdown FILE
                           tables, as for a job summary or a pull request
      --export-json FILE   everything that was measured (reports/run_report.schema.json)
      --export-csv FILE    every time of every stage, one a row
      --export-benchmark FILE
                           as github-action-benchmark reads it (customSmallerIsBetter)`;

/** Which files are wanted. */
export type Exports = Partial<Record<Form, string>>;

/**
 * Understands the options.
 *
 * @throws {UsageError} if a file cannot be written
 */
export async function exportsOf(
  values: { readonly [option: string]: unknown },
): Promise<Exports> {
  const exports: Exports = {};
  for (const form of Object.keys(FORMS) as Form[]) {
    const file = values[`export-${form}`];
    if (typeof file !== "string") continue;
    await ensureFile(file, `--export-${form}`);
    exports[form] = file;
  }
  return exports;
}

/** All forms, in a folder. */
export function exportsIn(folder: string): Exports {
  return Object.fromEntries(
    Object.entries(FORMS).map(([form, { file }]) => [form, `${folder}/${file}`]),
  );
}

/** Writes the files, each whole or not at all. */
export async function writeExports(view: ReportView, exports: Exports): Promise<void> {
  for (const [form, file] of Object.entries(exports)) {
    await writeWhole(file, await FORMS[form as Form].write(view));
  }
}
