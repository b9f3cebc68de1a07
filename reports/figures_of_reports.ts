/**
 * Extracts the figures that a run keeps from the reports of `parity` and `evaluate`.
 *
 * @module
 */

import type { EvaluationDocument } from "../evaluation/report.ts";
import type { ParityReport } from "../parity/report.ts";
import type { ParityFigure, QualityFigure } from "./run_report.ts";

/**
 * Returns the figures of a parity run.
 *
 * The figures of a seam of 16-bit samples are the share of samples that differ and the share that may differ.
 *
 * @param report report as `parity --export-json` writes it
 */
export function parityFigures({ suites }: Pick<ParityReport, "suites">): ParityFigure[] {
  return suites.flatMap(({ results }) =>
    results.map((result): ParityFigure => {
      const { suite, piece, mode, stage, seam, verdict, tolerance } = result;
      const { elements, differing, smallestTolerance } = result.comparison;
      const named = { suite, piece, mode, stage, seam, verdict };
      const upstream = result.upstreamFloat32;
      if (tolerance.differing === undefined) {
        return {
          ...named,
          needs: smallestTolerance,
          allowed: tolerance.absolute,
          upstream: upstream?.minTolerance ?? null,
        };
      }
      return {
        ...named,
        needs: elements === 0 ? null : differing / elements,
        allowed: tolerance.differing,
        upstream: upstream?.differing ?? null,
      };
    })
  );
}

/** Name of the measure that is 1 if every track could be analysed. */
export const ANALYSED = "analysed";

/**
 * Returns the means of an evaluation, and the share of its tracks that could be analysed.
 *
 * @param report report as `evaluate --export-json` writes it
 */
export function qualityFigures({ systems }: Pick<EvaluationDocument, "systems">): QualityFigure[] {
  return systems.flatMap(({ name, tracks, failures, mean }) => {
    const all = tracks.length + failures.length;
    return [
      ...Object.entries(mean).flatMap(([measure, value]) =>
        typeof value === "number" ? [{ system: name, measure, value, tracks: tracks.length }] : []
      ),
      { system: name, measure: ANALYSED, value: all === 0 ? 0 : tracks.length / all, tracks: all },
    ];
  });
}
