/**
 * A report in the form `customSmallerIsBetter`, which the GitHub action `github-action-benchmark` reads.
 *
 * @module
 */

import { factorFigure, secondsFigure } from "../figures.ts";
import type { ReportView } from "../report_view.ts";

/** One figure of which less is better. */
export interface BenchmarkFigure {
  /** What was measured. */
  readonly name: string;
  /** Unit of the value. */
  readonly unit: string;
  /** Less is better. */
  readonly value: number;
  /** How far it spreads, in words. */
  readonly range?: string;
  /** What else to know, in words. */
  readonly extra?: string;
}

/**
 * The median seconds of every stage of every variant.
 *
 * @param report what to show
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
