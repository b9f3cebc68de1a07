/**
 * The figures that a run keeps of the reports of `parity` and `evaluate`.
 *
 * @module
 */

import type { ParityFigure, QualityFigure } from "./run_report.ts";

/** What is read of a parity report; numbers that were not finite are null in JSON. */
interface ParityJson {
  readonly suites: readonly {
    readonly results: readonly {
      readonly suite: string;
      readonly piece: string;
      readonly mode: ParityFigure["mode"];
      readonly stage: string;
      readonly seam: string;
      readonly verdict: ParityFigure["verdict"];
      readonly tolerance: { readonly absolute: number; readonly differing?: number };
      readonly comparison: {
        readonly elements: number;
        readonly differing: number;
        readonly maxAbsolute: number | null;
        readonly smallestTolerance: number | null;
      };
      readonly upstreamFloat32:
        | { readonly minTolerance: number; readonly differing?: number }
        | null;
    }[];
  }[];
}

/** What is read of an evaluation report. */
interface EvaluationJson {
  readonly systems: readonly {
    readonly name: string;
    readonly tracks: readonly unknown[];
    readonly failures: readonly unknown[];
    readonly mean: Readonly<Record<string, number | null>>;
  }[];
}

/**
 * The figures of a parity run.
 *
 * Seams of 16-bit samples are kept as the share of samples that differ, and what may differ.
 *
 * @param report as `parity --export-json` writes it
 */
export function parityFigures(report: unknown): ParityFigure[] {
  return (report as ParityJson).suites.flatMap(({ results }) =>
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

/** The measure that is 1 where every track could be analysed. */
export const ANALYSED = "analysed";

/**
 * The means of an evaluation, and the share of its tracks that could be analysed.
 *
 * @param report as `evaluate --export-json` writes it
 */
export function qualityFigures(report: unknown): QualityFigure[] {
  return (report as EvaluationJson).systems.flatMap(({ name, tracks, failures, mean }) => {
    const all = tracks.length + failures.length;
    return [
      ...Object.entries(mean).flatMap(([measure, value]) =>
        typeof value === "number" ? [{ system: name, measure, value, tracks: tracks.length }] : []
      ),
      { system: name, measure: ANALYSED, value: all === 0 ? 0 : tracks.length / all, tracks: all },
    ];
  });
}
