/**
 * Raw figures as CSV: RFC 4180 with line feeds, a header with units, blanks for what is not known.
 *
 * @module
 */

import type { HistoryView } from "../report_view.ts";
import { type RunReport, TOTAL } from "../run_report.ts";

const MEASUREMENT_COLUMNS = [
  "run",
  "started_at",
  "commit",
  "variant",
  "track",
  "track_seconds",
  "round",
  "stage",
  "start_seconds",
  "end_seconds",
  "cpu_seconds",
  "peak_bytes",
  "bytes_read",
] as const;

/**
 * All measurements of a run: one row a stage, and one for the total.
 *
 * @param run what was measured
 * @returns lines with a final newline
 */
export function measurementsCsv(run: RunReport): string {
  const lengths = new Map(run.tracks.map(({ name, seconds }) => [name, seconds]));
  const rows = run.measurements.flatMap((one) => {
    const { variant, track, round, seconds, cpuSeconds, peakBytes, bytesRead } = one;
    const total = { stage: TOTAL, start: 0, end: seconds, cpuSeconds, peakBytes, bytesRead };
    return [total, ...one.stages].map((stage) => [
      run.id,
      run.startedAt,
      run.program.commit,
      variant,
      track,
      lengths.get(track) ?? null,
      round,
      stage.stage,
      stage.start,
      stage.end,
      stage.cpuSeconds,
      stage.peakBytes,
      stage.bytesRead,
    ]);
  });
  return csv([MEASUREMENT_COLUMNS, ...rows]);
}

const HISTORY_COLUMNS = [
  "run",
  "started_at",
  "commit",
  "is_comparable",
  "variant",
  "stage",
  "median_seconds",
  "low_seconds",
  "high_seconds",
  "real_time_factor",
] as const;

/**
 * The history: one row a night, variant and stage; what was not measured has none.
 *
 * @param history the nights
 * @returns lines with a final newline
 */
export function historyCsv({ nights, series }: HistoryView): string {
  const rows = nights.flatMap(({ run, startedAt, commit, isComparable }, night) =>
    series.flatMap(({ variant, stage, median, low, high, realTimeFactor }) => {
      const figures = [median, low, high, realTimeFactor].map((values) => values[night] ?? null);
      return figures[0] === null
        ? []
        : [[run, startedAt, commit, isComparable, variant, stage, ...figures]];
    })
  );
  return csv([HISTORY_COLUMNS, ...rows]);
}

function csv(rows: readonly (readonly (string | number | boolean | null)[])[]): string {
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}

function cell(value: string | number | boolean | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
