/**
 * The timelines of a file of timings as one HTML file that needs nothing else.
 *
 * @module
 */

import { basename } from "node:path/posix";
import { factorFigure, secondsFigure } from "../figures.ts";
import { timelineOf, timelineSums } from "../timeline.ts";
import type { TimedRun } from "../timings_file.ts";
import { type Html, html } from "../../core/page/html.ts";
import { pageShell } from "../../core/page/page_shell.ts";
import { timelineTable } from "./timeline_table.ts";

/** What the page knows besides the file. */
export interface TimingsPageOptions {
  /** Name of the file. */
  readonly title: string;
  /** Length of tracks in seconds, by their path in the file; without it a run has no real-time factor. */
  readonly trackSeconds?: ReadonlyMap<string, number>;
}

/**
 * One timeline a run, the newest first.
 *
 * @param runs in the order of the file
 * @param options name of the file, and lengths where they are known
 * @returns HTML with a final newline
 */
export function timingsPage(
  runs: readonly TimedRun[],
  { title, trackSeconds }: TimingsPageOptions,
): string {
  const count = `${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
  const sections = runs.map((run, nth) => runSection(run, nth + 1, trackSeconds)).toReversed();
  return pageShell(
    `Timings of ${title}`,
    html`
      <header class="verdict">
        <p class="badge">Timings</p>
        <h1>${title}: ${count}${runs.length > 1 ? ", the newest first" : ""}</h1>
      </header>
      <main>${sections}</main>
    `,
  );
}

function runSection(
  run: TimedRun,
  number: number,
  trackSeconds: ReadonlyMap<string, number> | undefined,
): Html {
  const timeline = timelineOf(run.records);
  const { stages, covered } = timelineSums(timeline);
  const lengths = run.tracks.map((track) => trackSeconds?.get(track) ?? null);
  const audio = lengths.length === 0 || lengths.includes(null)
    ? null
    : lengths.reduce<number>((sum, length) => sum + length!, 0);
  const facts = [
    ["Total", `${secondsFigure(timeline.seconds)} s`],
    ["Real time", audio === null ? null : `${factorFigure(audio / timeline.seconds)} ×`],
    ["Stages one by one", `${secondsFigure(stages)} s`],
    ["Saved by overlap", `${secondsFigure(stages - covered)} s`],
    ["Between stages", `${secondsFigure(timeline.seconds - covered)} s`],
    ["Model", run.models.join(", ") || null],
    ["Device", run.devices.join(", ") || null],
  ].filter(([, value]) => value !== null);
  const id = `run-${number}`;
  const parts = timeline.rows.some(({ parent }) => parent !== null);
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">Run ${number}: ${tracksWords(run.tracks)}</h2>
<dl class="facts">${
    facts.map(([name, value]) =>
      html`
        <div>
          <dt>${name!}</dt>
          <dd>${value!}</dd>
        </div>
      `
    )
  }</dl>
${timelineTable(timeline, "One row a stage, in the order in which they began")}
<p class="note">${run.isRounded ? "The times are rounded to 10 ms. " : ""}${
    parts ? "Hollow bars are parts of the stage above them and are not added up." : ""
  }</p>
</section>`;
}

function tracksWords(tracks: readonly string[]): string {
  const [first, second] = tracks;
  if (first === undefined) return "no track named";
  // Paths of another system may have come in the file.
  const name = basename(first.replaceAll("\\", "/"));
  return second === undefined ? name : `${name} and ${tracks.length - 1} more`;
}
