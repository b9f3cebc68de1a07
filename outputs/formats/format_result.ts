/**
 * Results that formats are written from: those of this program, and allin1's own.
 *
 * @module
 */

import type { AnalysisResult } from "../../pipeline/result.ts";
import { fitTempo } from "../../pipeline/tempo_fit.ts";

/** A result; allin1's has no confidences of labels and no provenance. */
export type FormatResult =
  & Omit<AnalysisResult, "label_confidence" | "provenance">
  & Partial<Pick<AnalysisResult, "label_confidence" | "provenance">>;

/**
 * Reads a result for formats. Where it is allin1's, the tempo is fitted to its beats, and the metre is the highest position of a beat.
 *
 * @param json content of the JSON file
 */
export function formatResult(json: string): FormatResult {
  const result: Omit<FormatResult, "tempo" | "metre"> & Partial<FormatResult> = JSON.parse(json);
  const { beats, beat_positions: positions } = result;
  const beatsPerBar = positions.reduce((most, position) => Math.max(most, position), 0);
  const {
    tempo = fitTempo(beats, positions),
    metre = beatsPerBar === 0
      ? null
      : { beats_per_bar: beatsPerBar, disagreement: 0, confidence: 0 },
  } = result;
  return { ...result, tempo, metre };
}
