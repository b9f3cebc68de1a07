/**
 * Report of an evaluation, as JSON and as Markdown tables.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import { markdownTable } from "../core/table.ts";
import { BEAT_WINDOW_SECONDS, TEMPO_TOLERANCE, TRIM_SECONDS } from "./beat_measures.ts";
import { BOUNDARY_WINDOWS_SECONDS, PAIRWISE_FRAME_SECONDS } from "./segment_measures.ts";
import { meanScores, type Measure, MEASURES, type Scores } from "./scores.ts";

/** Constants of the measures. */
const MEASURE_SETTINGS = {
  beat_window_seconds: BEAT_WINDOW_SECONDS,
  beats_from_seconds: TRIM_SECONDS,
  boundary_windows_seconds: BOUNDARY_WINDOWS_SECONDS,
  boundaries_at_start_and_end_count: true,
  pairwise_frame_seconds: PAIRWISE_FRAME_SECONDS,
  tempo_tolerance: TEMPO_TOLERANCE,
} as const;

const score = z.number().min(0).max(1).nullable();
const name = z.string().min(1);

/**
 * Schema of {@linkcode Scores}.
 *
 * @internal
 */
export const scoresSchema = z.record(z.enum(Object.keys(MEASURES) as Measure[]), score)
  .describe("Each measure; null if the truth does not define it")
  .meta({ id: "scores" });

const trackScores = z.strictObject({
  track: name.describe("Name of the track"),
  scores: scoresSchema,
});

const system = z.strictObject({
  name: name.describe("DEMIXER/MODEL, or the path of the folder"),
  weights: z.array(z.strictObject({ name, sha256: z.string().nullable() }))
    .describe("Weights of the system; empty for a folder of results"),
  tracks: z.array(trackScores).describe("Tracks with scores"),
  failures: z.array(z.strictObject({ track: name, reason: z.string() }))
    .describe("Tracks that failed, and why"),
  mean: scoresSchema.describe("Mean of each measure over the tracks that have it"),
});

const settings = z.strictObject({
  folder: z.string().describe("Absolute path of the folder of tracks"),
  seconds: z.number().gt(0).nullable()
    .describe("Length of each track that was used, seconds; null for everything"),
  threads: z.int().min(1).nullable()
    .describe("Threads of the networks; null stands for one for each core"),
  gain: z.union([z.number(), z.literal("normalize")]).optional()
    .describe("Gain of the audio before the analysis, dB, or normalize; absent for none"),
});

const constants = z.strictObject({
  beat_window_seconds: z.number(),
  beats_from_seconds: z.number().describe("Earlier beats do not count"),
  boundary_windows_seconds: z.array(z.number()),
  boundaries_at_start_and_end_count: z.boolean(),
  pairwise_frame_seconds: z.number(),
  tempo_tolerance: z.number().describe("Share of the tempo"),
});

/**
 * Schema of {@linkcode EvaluationDocument}.
 *
 * @internal
 */
export const evaluationSchema = z.strictObject({
  format: z.literal(1),
  program: name.describe("Name and version of the program"),
  settings: settings.extend(constants.shape),
  systems: z.array(system).describe("Systems in the order of the command line"),
});

const SCHEMAS = { trackScores, system, settings, report: evaluationSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** Scores of one track. */
export type TrackScores = JsonOf<Schemas["trackScores"]>;

/** Scores of one system or of one folder of results. */
export type SystemReport = Omit<JsonOf<Schemas["system"]>, "mean">;

/** Settings of a run. */
export type EvaluationSettings = JsonOf<Schemas["settings"]>;

/** Report as JSON. */
export type EvaluationDocument = JsonOf<Schemas["report"]>;

/** All scores of one run. */
export interface EvaluationReport {
  /** Name and version of the program. */
  readonly program: string;
  /** Settings of a run. */
  readonly settings: EvaluationSettings;
  /** Systems in the order of the command line. */
  readonly systems: readonly SystemReport[];
}

/** Formats the report as JSON. */
export function evaluationJson({ program, settings, systems }: EvaluationReport): string {
  const report: EvaluationDocument = {
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
