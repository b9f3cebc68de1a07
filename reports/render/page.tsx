/**
 * Renders a report as one HTML file that opens without a network.
 *
 * @module
 */

import type { JSX } from "preact";
import { ChartScripts, PageData, renderPage } from "../../core/page/page.tsx";
import { commitFigure, factorFigure, minuteFigure } from "../figures.ts";
import type { ReportView } from "../report_view.ts";
import { reportDocument } from "../report_document.ts";
import {
  alertWords,
  changeWords,
  counted,
  noticeWords,
  verdictSentence,
  verdictWord,
} from "../words.ts";
import { ChartSections, pageData } from "./charts.tsx";
import { measurementsCsv } from "./exports.ts";
import { ParityTable } from "./parity_table.tsx";
import { QualityTable, RunFacts } from "./run_facts.tsx";
import { StageTable } from "./stage_table.tsx";
import { TimelineTable } from "./timeline_table.tsx";

/** The page's own scripts, in the order in which they run. */
const SCRIPTS = ["history_chart.js", "downloads.js"]
  .map((name) => new URL(`./client/${name}`, import.meta.url));

/** Script of the bars, which a page without lengths of tracks lacks. */
const REAL_TIME_SCRIPT = new URL("./client/real_time_chart.js", import.meta.url);

/**
 * Returns the page of a run.
 *
 * @param report figures of the run
 * @returns HTML with a final newline
 * @throws {Error} if Chart.js is not installed
 */
export function reportPage(report: ReportView): string {
  const { run, decision } = report;
  const date = run.startedAt.slice(0, 10);
  return renderPage(
    `${verdictWord(report)}, ${run.settings.pipeline ?? "tactus"} ${date}`,
    <>
      <VerdictHeader {...report} />
      <main>
        <StageTable report={report} />
        <ChartSections {...report} />
        <Timelines {...report} />
        <ParityTable parity={report.parity} />
        <QualityTable {...report} />
        <RunFacts run={run} />
        <section aria-labelledby="raw-title" class="downloads">
          <h2 id="raw-title">Raw data</h2>
          <p>
            <Download id="download-json" file={`tactus-${date}.json`} label="Run as JSON" />{" "}
            <Download id="download-csv" file={`tactus-${date}.csv`} label="Measurements as CSV" />
            {" "}
            <Download
              id="download-history"
              file={`tactus-history-${date}.json`}
              label="History as JSON"
            />
          </p>
        </section>
      </main>
      <PageData id="report" data={reportDocument(run, decision)} />
      <PageData id="view" data={pageData(report)} />
      <PageData id="csv" data={measurementsCsv(run)} />
      <ChartScripts
        scripts={report.corpusSeconds === null ? SCRIPTS : [REAL_TIME_SCRIPT, ...SCRIPTS]}
      />
    </>,
  );
}

function Download(
  { id, file, label }: { id: string; file: string; label: string },
): JSX.Element {
  return <a class="button" id={id} download={file} href="#raw-title">{label}</a>;
}

/** Renders the verdict as a sign, a word and a sentence, the run, and the findings. */
function VerdictHeader(report: ReportView): JSX.Element {
  const { run, decision, warnings } = report;
  const kind = decision?.verdict ?? "measured";
  const sign = kind === "quiet" ? "✓" : kind === "regression" ? "▲" : "●";
  const { cpu, cores, memoryGiB } = run.machine;
  const old = (decision?.steps ?? []).filter(({ isAlert }) => !isAlert).map(changeWords);
  return (
    <>
      <header class={`verdict ${kind}`}>
        <p class="badge">
          <span aria-hidden="true">{sign}</span> {verdictWord(report)}
        </p>
        <h1>{unbroken(verdictSentence(report))}</h1>
        <dl class="facts">
          <div>
            <dt>Measured</dt>
            <dd>
              <time dateTime={run.startedAt}>{minuteFigure(run.startedAt)}</time>
            </dd>
          </div>
          <div>
            <dt>Commit</dt>
            <dd>
              <code>{commitFigure(run.program.commit)}</code>
              {run.program.isModified === true && ", modified"}
            </dd>
          </div>
          <div>
            <dt>Machine</dt>
            <dd>{cpu}, {counted(cores, "core")}, {memoryGiB} GiB</dd>
          </div>
        </dl>
      </header>
      <Lines title="Findings" kind="alerts" lines={alertWords(decision)} />
      <Lines title="Notices" kind="notices" lines={noticeWords(decision)} />
      <Lines title="Warnings" kind="warnings" lines={warnings} />
      <Lines title="Earlier change points" kind="steps" lines={old} />
    </>
  );
}

function Lines(
  { title, kind, lines }: { title: string; kind: string; lines: readonly string[] },
): JSX.Element | null {
  if (lines.length === 0) return null;
  return (
    <section class={`lines ${kind}`} aria-label={title}>
      <h2>{title}</h2>
      <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}

/** Keeps a number on the line of its percent sign. */
function unbroken(sentence: string): string {
  return sentence.replaceAll(/(\d) %/g, "$1\u00a0%");
}

function Timelines({ timelines }: ReportView): JSX.Element | null {
  if (timelines.length === 0) return null;
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">One measurement</h2>
      <p class="note">
        The longest track, in the round of median time. Stages overlap where bars stand above one
        another.
      </p>
      {timelines.map(({ measurement: { variant, track, round }, trackSeconds, timeline }) => (
        <TimelineTable
          key={variant}
          timeline={timeline}
          caption={`${variant}: ${track}, round ${round + 1}, ` +
            (trackSeconds === null
              ? `${timeline.seconds.toFixed(2)} s`
              : `${timeline.seconds.toFixed(2)} s for ${trackSeconds.toFixed(1)} s of audio, ` +
                `${factorFigure(trackSeconds / timeline.seconds)} × real time`)}
        />
      ))}
    </section>
  );
}
