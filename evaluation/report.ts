/**
 * Report of an evaluation, as JSON and as Markdown tables.
 *
 * @module
 */

import { markdownTable } from "../core/table.ts";
import { BEAT_WINDOW_SECONDS, TEMPO_TOLERANCE, TRIM_SECONDS } from "./beat_measures.ts";
import { BOUNDARY_WINDOWS_SECONDS, PAIRWISE_FRAME_SECONDS } from "./segment_measures.ts";
import { meanScores, type Measure, MEASURES, type Scores } from "./scores.ts";

/** Scores of one track. */
export interface TrackScores {
  /** Name of the track. */
  readonly track: string;
  /** Scores of the track. */
  readonly scores: Scores;
}

/** Scores of one system or of one folder of results. */
export interface SystemReport {
  /** `DEMIXER/MODEL`, or the path of the folder. */
  readonly name: string;
  /** Weights of the system; empty for a folder of results. */
  readonly weights: readonly { readonly name: string; readonly sha256: string | null }[];
  /** Tracks with scores. */
  readonly tracks: readonly TrackScores[];
  /** Tracks that failed, and why. */
  readonly failures: readonly { readonly track: string; readonly reason: string }[];
}

/** Settings of a run. */
export interface EvaluationSettings {
  /** Absolute path of the folder of tracks. */
  readonly folder: string;
  /** Length of each track that was used, seconds; null for everything. */
  readonly seconds: number | null;
  /** Threads of the networks; null stands for one for each core. */
  readonly threads: number | null;
}

/** All scores of one run. */
export interface EvaluationReport {
  /** Name and version of the program. */
  readonly program: string;
  /** Settings of a run. */
  readonly settings: EvaluationSettings;
  /** Systems in the order of the command line. */
  readonly systems: readonly SystemReport[];
}

/** Constants of the measures. */
const MEASURE_SETTINGS = {
  beat_window_seconds: BEAT_WINDOW_SECONDS,
  beats_from_seconds: TRIM_SECONDS,
  boundary_windows_seconds: BOUNDARY_WINDOWS_SECONDS,
  boundaries_at_start_and_end_count: true,
  pairwise_frame_seconds: PAIRWISE_FRAME_SECONDS,
  tempo_tolerance: TEMPO_TOLERANCE,
} as const;

/** Formats the report as JSON. */
export function evaluationJson({ program, settings, systems }: EvaluationReport): string {
  const report = {
    format: 1,
    program,
    settings: { ...settings, ...MEASURE_SETTINGS },
    systems: systems.map((system) => ({ ...system, mean: meanOf(system) })),
  };
  return JSON.stringify(report, null, 2) + "\n";
}

/** Formats the report as Markdown: one table for each system, and one with all means. */
export function evaluationTables({ systems }: EvaluationReport): string {
  return [
    ...systems.map(systemTable),
    `## Means\n\n${
      table(
        ["system", "tracks"],
        systems.map((system) => [[system.name, trackCount(system)], meanOf(system)]),
      )
    }`,
  ].join("\n\n");
}

function systemTable(system: SystemReport): string {
  const rows = table(["track"], [
    ...system.tracks.map(({ track, scores }): Row => [[track], scores]),
    [["mean"], meanOf(system)],
  ]);
  return `## ${system.name}\n\n${rows}`;
}

/** First cells and scores of a row. */
type Row = readonly [cells: readonly string[], scores: Scores];

function table(headings: readonly string[], rows: readonly Row[]): string {
  const measures = Object.keys(MEASURES) as Measure[];
  const lines = [
    [...headings, ...Object.values(MEASURES)],
    ...rows.map(([cells, scores]) => [
      ...cells,
      ...measures.map((measure) => scores[measure]?.toFixed(3) ?? ""),
    ]),
  ];
  return markdownTable(lines, (column) => column >= headings.length).join("\n");
}

function meanOf({ tracks }: SystemReport): Scores {
  return meanScores(tracks.map(({ scores }) => scores));
}

/** Formats the number of tracks: `30`, or `30 of 31` if one failed. */
function trackCount({ tracks, failures }: SystemReport): string {
  const all = tracks.length + failures.length;
  return failures.length === 0 ? String(all) : `${tracks.length} of ${all}`;
}
