/**
 * The text that `analyze` prints of a result.
 *
 * @module
 */

import { printable } from "../core/printable.ts";
import { type AnalysisResult, unsureLabels } from "../pipeline/mod.ts";

/**
 * Returns a few lines of text: tempo, beats, segments, and the path of the whole result. Unsure labels of the
 * embedded model are marked.
 *
 * @param result the analysis
 * @param file path of the JSON file
 */
export function summary(result: AnalysisResult, file: string): string {
  // A result of allin1 has none.
  const provenance: Partial<AnalysisResult>["provenance"] = result.provenance;
  const bars = result.metre !== null && result.downbeats.length > 1
    ? ` (bars of ${result.metre.beats_per_bar})`
    : "";
  const unsure = unsureLabels(result);
  const lines = [
    printable(result.path),
    `  tempo     ${tempoLine(result)}`,
    `  beats     ${result.beats.length}${bars}, ${result.downbeats.length} downbeats`,
    ...result.segments.map(({ start, end, label }, segment) =>
      `  ${segment === 0 ? "segments" : "        "}  ${clock(start)} - ${clock(end)}  ${label}` +
      (unsure[segment] ? " (unsure)" : "")
    ),
    ...(provenance?.demix_precision === undefined
      ? []
      : [`  precision ${provenance.demix_precision} in ${provenance.demixer}`]),
    `  written   ${printable(file)}`,
  ];
  return lines.join("\n");
}

/** Returns the most frequent tempo, and the fitted one: `125 bpm, fitted 125.00`. */
function tempoLine({ bpm, tempo }: AnalysisResult): string {
  if (bpm === null) return "none found";
  if (tempo === null) return `${bpm} bpm`;
  const fitted = `${bpm} bpm, fitted ${tempo.bpm.toFixed(2)}`;
  return tempo.constant ? fitted : `${fitted}, not constant`;
}

/** Formats seconds as minutes and seconds, `0:07.25`. */
function clock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
}
