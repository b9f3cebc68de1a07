/**
 * All figures of every seam as text: wide, and asked for.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import type { Comparison } from "../compare.ts";
import type { RecordingDifference } from "../diff.ts";
import { error, type ParityReport } from "./report.ts";
import { ulpBinText, type UlpHistogram } from "../ulps.ts";

/** Bins of the histogram that have a column; what is further off shares the last. */
const BINS = 6;

const HEAD = [
  "mean",
  "rms",
  "99.9 %",
  "max relative",
  "margin",
  ...Array.from({ length: BINS }, (_, bin) => `${ulpBinText(bin)} ulp`),
  "more",
  "max ulp",
];

/**
 * The statistics of a run: one row a seam; below them how errors grow.
 *
 * @param report what was found
 * @returns lines without a final newline; shares of floats by units in the last place are in percent
 */
export function statisticsTable({ suites }: ParityReport): string {
  const results = suites.flatMap((suite) => suite.results);
  const rows = results.map(({ suite, piece, mode, seam, comparison }) => [
    ...[suite, piece, mode, seam],
    ...figures(comparison),
  ]);
  const growth = suites.flatMap(({ suite, growth }) =>
    growth.map(({ piece, from, seam, inputNeeds, outputNeeds, factor }) => [
      ...[suite, piece, from, seam, error(inputNeeds), error(outputNeeds)],
      factor === null ? "" : String(Number(factor.toPrecision(3))),
    ])
  );
  const growthHead = ["suite", "piece", "from", "to", "needs before", "needs after", "growth"];
  return [
    ...textTable([["suite", "piece", "mode", "seam", ...HEAD], ...rows], (column) => column >= 4),
    ...(growth.length === 0
      ? []
      : ["", ...textTable([growthHead, ...growth], (column) => column >= 4)]),
  ].join("\n");
}

/** The statistics of two recordings: one row a seam. */
export function differenceStatistics({ seams }: RecordingDifference): string {
  const rows = seams.map(({ seam, comparison }) => [seam, ...figures(comparison)]);
  return textTable([["seam", ...HEAD], ...rows], (column) => column >= 1).join("\n");
}

function figures(comparison: Comparison): string[] {
  const { meanAbsolute, rms, quantile999, maxRelative, margin, ulps } = comparison;
  return [
    ...[meanAbsolute, rms, quantile999, maxRelative].map(error),
    margin === null ? "" : String(Number(margin.toPrecision(3))),
    ...ulpShares(ulps),
  ];
}

function ulpShares(ulps: UlpHistogram | null): string[] {
  if (ulps === null) return Array(BINS + 2).fill("");
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const all = sum(ulps.counts);
  const counts = Array.from({ length: BINS }, (_, bin) => ulps.counts[bin] ?? 0);
  return [...counts, sum(ulps.counts.slice(BINS))]
    .map((count) => String(Number((100 * count / all).toPrecision(3))))
    .concat(ulps.max < 1e6 ? String(ulps.max) : ulps.max.toExponential(2));
}
