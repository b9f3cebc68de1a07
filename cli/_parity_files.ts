/**
 * The files that a report of parity is written to.
 *
 * @module
 */

import { writeJson, writeWhole } from "../core/files.ts";
import type { ParityReport } from "../parity/mod.ts";
import { OUTPUT_FILE } from "./argument_types.ts";
import { option, type Values } from "./command.ts";

/** Options of the commands that compare seams. */
export const PARITY_EXPORTS = {
  exportJson: option(
    OUTPUT_FILE,
    "also write the report as JSON (parity/render/parity_report.schema.json)",
  ),
  exportMarkdown: option(OUTPUT_FILE, "also write it as Markdown, for a pull request"),
  exportJunit: option(OUTPUT_FILE, "also write it as JUnit XML, for continuous integration"),
  exportHtml: option(OUTPUT_FILE, "also write it as a self-contained page, with errors over time"),
} as const;

/**
 * Writes a report to files, each of them whole or not at all.
 *
 * @param report the report
 * @param files values of {@linkcode PARITY_EXPORTS}
 */
export async function writeParityReport(
  report: ParityReport,
  { exportJson, exportMarkdown, exportJunit, exportHtml }: Values<typeof PARITY_EXPORTS>,
): Promise<void> {
  const parity = await import("../parity/mod.ts");
  if (exportJson !== undefined) await writeJson(exportJson, report);
  if (exportMarkdown !== undefined) await writeWhole(exportMarkdown, parity.parityMarkdown(report));
  if (exportJunit !== undefined) await writeWhole(exportJunit, parity.parityJunit(report));
  if (exportHtml !== undefined) await writeWhole(exportHtml, parity.parityPage(report));
}
