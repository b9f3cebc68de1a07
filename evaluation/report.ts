/**
 * What came of an evaluation, as data and as Markdown.
 *
 * @module
 */

import { BEAT_WINDOW_SECONDS, TRIM_SECONDS } from "./beat_f_measure.ts";
import { BOUNDARY_WINDOWS_SECONDS } from "./boundary_f_measure.ts";
import { PAIRWISE_FRAME_SECONDS } from "./pairwise_f_measure.ts";
import { meanScores, type Measure, MEASURES, type Scores } from "./scores.ts";
import { TEMPO_TOLERANCE } from "./tempo_accuracy.ts";

/** The figures of one track. */
export interface TrackScores {
  /** Its name. */
  readonly track: string;
  /** Its figures. */
  readonly scores: Scores;
}

/** What one system, or one folder of results, got. */
export interface SystemReport {
  /** `DEMIXER/MODEL`, or the folder. */
  readonly name: string;
  /** Its weights; none for a folder of results. */
  readonly weights: readonly { readonly name: string; readonly sha256: string | null }[];
  /** Every track that could be measured. */
  readonly tracks: readonly TrackScores[];
  /** Every track that could not. */
  readonly failures: readonly { readonly track: string; readonly reason: string }[];
}

/** What was asked for. */
export interface EvaluationSettings {
  /** Absolute path of the folder of tracks. */
  readonly folder: string;
  /** How much of each track was taken; null for all. */
  readonly seconds: number | null;
  /** Threads of the networks; null for one for each core. */
  readonly threads: number | null;
}

/** All figures of one run. */
export interface EvaluationReport {
  /** Program and version. */
  readonly program: string;
  /** What was asked for. */
  readonly settings: EvaluationSettings;
  /** In the order of the call. */
  readonly systems: readonly SystemReport[];
}

/** The settings of the measures, which do not vary. */
const MEASURE_SETTINGS = {
  beat_window_seconds: BEAT_WINDOW_SECONDS,
  beats_from_seconds: TRIM_SECONDS,
  boundary_windows_seconds: BOUNDARY_WINDOWS_SECONDS,
  boundaries_at_start_and_end_count: true,
  pairwise_frame_seconds: PAIRWISE_FRAME_SECONDS,
  tempo_tolerance: TEMPO_TOLERANCE,
} as const;

/** The report as JSON. */
export function evaluationJson({ program, settings, systems }: EvaluationReport): string {
  const report = {
    format: 1,
    program,
    settings: { ...settings, ...MEASURE_SETTINGS },
    systems: systems.map((system) => ({ ...system, mean: meanOf(system) })),
  };
  return JSON.stringify(report, null, 2) + "\n";
}

/** The report as Markdown: one table for each system, and one with all means. */
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

/** First cells and figures. */
type Row = readonly [cells: readonly string[], scores: Scores];

function table(headings: readonly string[], rows: readonly Row[]): string {
  const measures = Object.keys(MEASURES) as Measure[];
  const lines = [
    [...headings, ...Object.values(MEASURES)],
    [...headings.map(() => "---"), ...measures.map(() => "---:")],
    ...rows.map(([cells, scores]) => [
      ...cells.map((cell) => cell.replaceAll("|", "\\|")),
      ...measures.map((measure) => scores[measure]?.toFixed(3) ?? ""),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function meanOf({ tracks }: SystemReport): Scores {
  return meanScores(tracks.map(({ scores }) => scores));
}

/** `30`, or `30 of 31` where one failed. */
function trackCount({ tracks, failures }: SystemReport): string {
  const all = tracks.length + failures.length;
  return failures.length === 0 ? String(all) : `${tracks.length} of ${all}`;
}
