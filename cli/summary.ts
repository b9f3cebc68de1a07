/**
 * A result as a person reads it.
 *
 * @module
 */

import type { AnalysisResult } from "../pipeline/result.ts";

/**
 * A few lines: tempo, beats, segments, and where the whole result is.
 *
 * @param result the analysis
 * @param file path of the JSON file
 */
export function summary(result: AnalysisResult, file: string): string {
  const beatsPerBar = result.beat_positions.reduce((most, position) => Math.max(most, position), 0);
  const bars = result.downbeats.length > 1 ? ` (bars of ${beatsPerBar})` : "";
  const lines = [
    result.path,
    `  tempo     ${result.bpm === null ? "none found" : `${result.bpm} bpm`}`,
    `  beats     ${result.beats.length}${bars}, ${result.downbeats.length} downbeats`,
    ...result.segments.map(({ start, end, label }, segment) =>
      `  ${segment === 0 ? "segments" : "        "}  ${clock(start)} - ${clock(end)}  ${label}`
    ),
    `  written   ${file}`,
  ];
  return lines.join("\n");
}

/** Minutes and seconds, `0:07.25`. */
function clock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
}
