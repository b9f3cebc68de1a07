/**
 * A report as one HTML file that needs nothing else.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { measurementsCsv } from "./csv.ts";
import { REPORT_SCHEMA, type ReportDocument } from "../run_report.ts";
import type { ReportView } from "../report_view.ts";
import { verdictWord } from "../words.ts";
import { chartScript } from "../../core/page/chart_script.ts";
import { chartSections } from "./chart_sections.ts";
import { embeddedData, html, inlineScript } from "../../core/page/html.ts";
import { pageData } from "./page_data.ts";
import { pageShell } from "../../core/page/page_shell.ts";
import { parityTable } from "./parity_table.ts";
import { qualityTable, runFacts } from "./run_facts.ts";
import { stageTable } from "./stage_table.ts";
import { timelineTable } from "./timeline_table.ts";
import { verdictHeader } from "./verdict_header.ts";
import { factorFigure } from "../figures.ts";

/** The page's own scripts, in the order in which they run. */
const SCRIPTS = [
  "../../core/page/client/chart_theme.js",
  ...["./client/real_time_chart.js", "./client/history_chart.js", "./client/downloads.js"],
];

/**
 * The page of a run: it opens from the file system, without a network.
 *
 * @param report what to show
 * @returns HTML with a final newline
 * @throws {Error} if Chart.js is not installed
 */
export function reportPage(report: ReportView): string {
  const { run, decision } = report;
  const document: ReportDocument = { schema: REPORT_SCHEMA, run, decision };
  const date = run.startedAt.slice(0, 10);
  return pageShell(
    `${verdictWord(report)}, tactus ${date}`,
    html`${verdictHeader(report)}
<main>
${stageTable(report)}
${chartSections(report)}
${timelines(report)}
${parityTable(report.parity)}
${qualityTable(report)}
${runFacts(report)}
<section aria-labelledby="raw-title" class="downloads">
<h2 id="raw-title">Raw data</h2>
<p><a class="button" id="download-json" download="tactus-${date}.json" href="#raw-title">Run as JSON</a>
<a class="button" id="download-csv" download="tactus-${date}.csv" href="#raw-title">Measurements as CSV</a>
<a class="button" id="download-history" download="tactus-history-${date}.json" href="#raw-title">History as JSON</a></p>
</section>
</main>
${embeddedData("report", document)}
${embeddedData("view", pageData(report))}
${embeddedData("csv", measurementsCsv(run))}
${inlineScript(chartScript())}
${SCRIPTS.map((path) => inlineScript(readFileSync(new URL(path, import.meta.url), "utf8")))}`,
  );
}

function timelines({ timelines }: ReportView): ReturnType<typeof html> {
  if (timelines.length === 0) return html``;
  return html`<section aria-labelledby="timeline-title">
<h2 id="timeline-title">One measurement</h2>
<p class="note">The longest track, in the round nearest the middle. Stages overlap where bars stand above one another.</p>
${
    timelines.map(({ variant, track, round, trackSeconds, timeline }) =>
      timelineTable(
        timeline,
        `${variant}: ${track}, round ${round + 1}, ` +
          `${timeline.seconds.toFixed(2)} s for ${trackSeconds.toFixed(1)} s of audio, ` +
          `${factorFigure(trackSeconds / timeline.seconds)} × real time`,
      )
    )
  }
</section>`;
}
