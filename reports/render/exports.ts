/**
 * Exports figures for other programs: CSV (RFC 4180 with line feeds, blanks for unknown values) and the JSON of
 * `github-action-benchmark`.
 *
 * @module
 */

import type { ReportView } from "../report_view.ts";
import { type RunReport, TOTAL } from "../run_report.ts";
import { factorFigure, secondsFigure } from "../figures.ts";

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
 * Returns all measurements of a run: one row for each stage, and one for the total.
 *
 * @param run measurements
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

function csv(rows: readonly (readonly (string | number | boolean | null)[])[]): string {
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}

function cell(value: string | number | boolean | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One figure in the form `customSmallerIsBetter` of `github-action-benchmark`. */
export interface BenchmarkFigure {
  /** Variant and stage. */
  readonly name: string;
  /** Unit of the value. */
  readonly unit: string;
  /** Value; smaller is better. */
  readonly value: number;
  /** Spread, in words. */
  readonly range?: string;
  /** Rounds and real-time factor, in words. */
  readonly extra?: string;
}

/**
 * Returns the median seconds of every stage of every variant.
 *
 * @param report figures of the run
 * @returns JSON with a final newline
 */
export function benchmarkJson({ stages }: ReportView): string {
  const figures = stages.map((stage): BenchmarkFigure => ({
    name: `${stage.variant}: ${stage.stage}`,
    unit: "s",
    value: stage.median,
    range: `± ${secondsFigure(stage.medianAbsoluteDeviation)}`,
    extra: `${stage.samples.length} rounds, ${factorFigure(stage.realTimeFactor)} x real time`,
  }));
  return JSON.stringify(figures, null, 2) + "\n";
}
