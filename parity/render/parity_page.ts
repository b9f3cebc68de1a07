/**
 * The report of a parity run as one HTML file that needs nothing else.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { chartScript } from "../../core/page/chart_script.ts";
import { embeddedData, type Html, html, inlineScript } from "../../core/page/html.ts";
import { pageShell } from "../../core/page/page_shell.ts";
import type { SeamResult } from "../judge.ts";
import {
  allowed,
  error,
  neededBy,
  neededByUpstream,
  type ParityReport,
  passed,
  type SuiteReport,
  tally,
} from "./report.ts";
import { walkSections } from "./walk_section.ts";

/** One line of a chart. */
interface ErrorLine {
  /** Name of the seam. */
  readonly seam: string;
  /** Largest error of each part of the time axis; null for none, which a logarithm cannot show. */
  readonly errors: readonly (number | null)[];
}

/** Errors over time of one piece in one mode. */
interface ErrorChart {
  readonly title: string;
  readonly lines: readonly ErrorLine[];
}

/** What the page's own scripts read. */
interface PageData {
  readonly charts: readonly ErrorChart[];
}

const SCRIPTS = [
  new URL("../../core/page/client/chart_theme.js", import.meta.url),
  new URL("./client/error_chart.js", import.meta.url),
];

/**
 * The page of a run: verdict and what failed, walks, errors over time, every seam.
 *
 * @param report what was found
 * @returns HTML with a final newline
 * @throws {Error} if Chart.js is not installed
 */
export function parityPage(report: ParityReport): string {
  const isQuiet = passed(report);
  const word = isQuiet ? "Passed" : "Failed";
  const charts = errorCharts(report);
  const failed = report.suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict === "fail");
  return pageShell(
    `${word}, tactus parity`,
    html`<header class="verdict ${isQuiet ? "quiet" : "regression"}"><p class="badge">${word}</p>
<h1>${tally(report)}</h1>
${failed.length === 0 ? null : html`<ul class="failures">${failed.map(failure)}</ul>`}</header>
<main>
${walkSections(report.walks ?? [])}
${
      charts.length === 0
        ? null
        : html`<section aria-labelledby="errors-title"><h2 id="errors-title">Errors over time</h2>
<p class="note">The largest absolute error in each part of the piece, on a logarithmic scale; where a line breaks off, nothing is off.</p>
${
          charts.map(({ title }, nth) =>
            html`
              <h3>${title}</h3>
              <div class="chart" style="height: 320px; position: relative">
                <canvas id="errors-${nth}" role="img" aria-label="Errors over time of ${title}"></canvas>
              </div>
            `
          )
        }</section>`
    }
${report.suites.map(suiteSection)}
</main>
${embeddedData("view", { charts } satisfies PageData)}
${embeddedData("report", report)}
${inlineScript(chartScript())}
${SCRIPTS.map((url) => inlineScript(readFileSync(url, "utf8")))}`,
  );
}

function failure({ suite, piece, mode, seam, comparison }: SeamResult): Html {
  return html`<li>${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason ?? ""}</li>`;
}

function errorCharts({ suites }: ParityReport): ErrorChart[] {
  const charts = new Map<string, ErrorLine[]>();
  for (const { suite, piece, mode, seam, comparison } of suites.flatMap(({ results }) => results)) {
    const { profile } = comparison;
    if (profile === undefined || profile.every((one) => one === 0)) continue;
    const title = `${suite}, ${piece}, ${mode}`;
    const errors = profile.map((one) => one === 0 ? null : one);
    charts.set(title, [...charts.get(title) ?? [], { seam, errors }]);
  }
  return [...charts].map(([title, lines]) => ({ title, lines }));
}

function suiteSection({ suite, model, notRun, results }: SuiteReport): Html {
  return html`<section><h2>${suite}</h2>
<p class="note">${notRun === undefined ? `weights ${model}` : `not run: ${notRun}`}</p>
${
    results.length === 0 ? null : html`
      <div class="scroll" tabindex="0">
        <table class="seams">
          <thead>
            <tr>${["seam", "piece", "mode", "stage"].map((name) =>
              html`<th scope="col">${name}</th>`
            )}${["max error", "99.9 %", "needs", "upstream needs", "allowed", "margin", "stage s"]
              .map((name) =>
                html`<th scope="col" class="number">${name}</th>`
              )}<th scope="col">verdict</th></tr>
          </thead>
          <tbody>
      ${results.map(seamRow)}</tbody>
        </table>
      </div>
    `
  }</section>`;
}

function seamRow(result: SeamResult): Html {
  const { piece, mode, stage, seam, comparison, durationSeconds, verdict } = result;
  const numbers = [
    error(comparison.maxAbsolute),
    error(comparison.quantile999),
    neededBy(result),
    neededByUpstream(result.upstreamFloat32),
    allowed(result.tolerance),
    comparison.margin === null ? "" : String(Number(comparison.margin.toPrecision(3))),
    Number.isNaN(durationSeconds) ? "" : durationSeconds.toFixed(2),
  ];
  return html`
    <tr
      class="${verdict}"><th scope="row">${seam}</th><td>${piece}</td><td>${mode}</td><td>${stage}</td>${numbers
        .map((number) => html`<td class="number">${number}</td>`)}<td>${verdict}</td></tr>
  `;
}
