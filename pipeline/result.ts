/**
 * Result of a track, as upstream writes it.
 *
 * @module
 */

import type { JsonOf } from "../core/schema.ts";
import { LABELS } from "./functional.ts";
import type { ResultSchemas } from "./result_schema.ts";
import type { Seams } from "./seams.ts";

/** A part of the track that has one function. */
export type Segment = JsonOf<ResultSchemas["segment"]>;

/** A decoded audio file. */
export type AudioFile = JsonOf<ResultSchemas["audioFile"]>;

/** Finding of the guard for one stage on the first seconds. */
export type GuardProvenance = JsonOf<ResultSchemas["guardFinding"]>;

/** Provenance of a result: what is needed to make it again. */
export type Provenance = JsonOf<ResultSchemas["provenance"]>;

/** Analysis of one track: upstream's keys and `provenance`; `result.schema.json` describes each field. */
export type AnalysisResult = JsonOf<ResultSchemas["result"]>;

/** Seams that a result is made of. */
export type ResultSeams = Pick<
  Seams,
  "beats" | "beat_positions" | "bpm" | "boundaries" | "labels"
>;

/** Content of a result, without path and provenance. */
export type Findings = Omit<AnalysisResult, "path" | "provenance">;

/**
 * Joins the last seams into the content of a result.
 *
 * @param seams the outputs of the metrical and functional stages
 */
export function findings(seams: ResultSeams): Findings {
  const positions = [...seams.beat_positions.data];
  const beats = [...seams.beats.data];
  const boundaries = seams.boundaries.data;
  return {
    bpm: seams.bpm.data[0] ?? null,
    beats,
    downbeats: beats.filter((_, beat) => positions[beat] === 1),
    beat_positions: positions,
    segments: Array.from(seams.labels.data, (label, segment) => ({
      start: boundaries[segment] ?? NaN,
      end: boundaries[segment + 1] ?? NaN,
      label: LABELS[label] ?? String(label),
    })),
  };
}

/**
 * Joins the last seams into a result.
 *
 * @param path absolute path of the track
 * @param seams the outputs of the metrical and functional stages
 * @param provenance provenance of the result
 */
export function analysisResult(
  path: string,
  seams: ResultSeams,
  provenance: Provenance,
): AnalysisResult {
  return { path, ...findings(seams), provenance };
}

/** Returns JSON with an indent of two spaces and each array of numbers on one line, as upstream. */
export function resultToJson(result: AnalysisResult): string {
  const json = JSON.stringify(result, null, 2);
  const numbers = /\[\n(?:\s*-?\d[\d.e+-]*,\n)*\s*-?\d[\d.e+-]*\n\s*\]/g;
  return json.replace(numbers, (array) => array.replace(/\s+/g, "")) + "\n";
}
