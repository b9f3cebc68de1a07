/**
 * Renders the timelines of a timings file as one HTML file that opens without a network.
 *
 * @module
 */

import { basename } from "node:path/posix";
import type { JSX } from "preact";
import { renderPage } from "../../core/page/page.tsx";
import { factorFigure, secondsFigure } from "../figures.ts";
import { timelineOf, timelineSums } from "../timeline.ts";
import type { TimedRun } from "../timings_file.ts";
import { counted } from "../words.ts";
import { TimelineTable } from "./timeline_table.tsx";

/** Information that the file does not hold. */
export interface TimingsPageOptions {
  /** Name of the file. */
  readonly title: string;
  /** Length of tracks in seconds, by their path in the file; without it a run has no real-time factor. */
  readonly trackSeconds?: ReadonlyMap<string, number>;
}

/**
 * Returns a page with one timeline for each run, the newest first.
 *
 * @param runs runs in the order of the file
 * @param options name of the file, and known lengths
 * @returns HTML with a final newline
 */
export function timingsPage(
  runs: readonly TimedRun[],
  { title, trackSeconds = new Map() }: TimingsPageOptions,
): string {
  const order = runs.length > 1 ? ", the newest first" : "";
  const sections = runs.map((run, nth) => (
    <RunSection key={nth} run={run} number={nth + 1} trackSeconds={trackSeconds} />
  ));
  return renderPage(
    `Timings of ${title}`,
    <>
      <header class="verdict">
        <p class="badge">Timings</p>
        <h1>{`${title}: ${counted(runs.length, "run")}${order}`}</h1>
      </header>
      <main>{sections.toReversed()}</main>
    </>,
  );
}

function RunSection(
  { run, number, trackSeconds }: {
    run: TimedRun;
    number: number;
    trackSeconds: ReadonlyMap<string, number>;
  },
): JSX.Element {
  const timeline = timelineOf(run.records);
  const { stages, covered } = timelineSums(timeline);
  const lengths = run.tracks.map((track) => trackSeconds.get(track) ?? NaN);
  const audio = lengths.length === 0 ? NaN : lengths.reduce((sum, length) => sum + length, 0);
  const facts = [
    ["Total", `${secondsFigure(timeline.seconds)} s`],
    ["Real time", Number.isNaN(audio) ? "" : `${factorFigure(audio / timeline.seconds)} ×`],
    ["Sum of stages", `${secondsFigure(stages)} s`],
    ["Saved by overlap", `${secondsFigure(stages - covered)} s`],
    ["Between stages", `${secondsFigure(timeline.seconds - covered)} s`],
    ["Model", run.models.join(", ")],
    ["Device", run.devices.join(", ")],
  ].filter(([, value]) => value !== "");
  const id = `run-${number}`;
  const hasParts = timeline.rows.some(({ parent }) => parent !== null);
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{`Run ${number}: ${tracksWords(run.tracks)}`}</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <TimelineTable
        timeline={timeline}
        caption="One row for each stage, in the order of their start"
      />
      <p class="note">
        {run.isRounded && "The times are rounded to 10 ms. "}
        {hasParts && "Hollow bars are parts of the stage above them and are not added up."}
      </p>
    </section>
  );
}

function tracksWords(tracks: readonly string[]): string {
  const [first, second] = tracks;
  if (first === undefined) return "no track named";
  // The file may have paths of another system.
  const name = basename(first.replaceAll("\\", "/"));
  return second === undefined ? name : `${name} and ${tracks.length - 1} more`;
}
