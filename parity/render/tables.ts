/**
 * Results of the parity commands as tables for the terminal.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import type { BackendReport } from "../backend_comparison.ts";
import type { RecordingDifference } from "../diff.ts";
import type { Comparison, ParityReport, UlpHistogram } from "../report.ts";
import {
  allowed,
  error,
  figure,
  firstFailureTexts,
  madeByText,
  neededBy,
  neededByUpstream,
  sampleTexts,
  seconds,
  tally,
  ulpBinText,
} from "./figures.ts";
import { isTimingNumber, timingHead, timingNote, timingRows } from "./timings.ts";

/**
 * Returns the report as text: one row for each seam, the verdict last, and below it what failed and why.
 *
 * @param report results of the run
 * @returns lines without a final newline
 */
export function parityTable(report: ParityReport): string {
  const results = report.suites.flatMap((suite) => suite.results);
  const rows = results.map((result) => [
    ...[result.suite, result.piece, result.mode, result.stage, result.seam],
    ...[error(result.comparison.maxAbsolute), neededBy(result)],
    ...[neededByUpstream(result.upstreamFloat32), allowed(result.tolerance)],
    ...[seconds(result.durationSeconds), result.verdict],
  ]);
  const head = [
    ...["suite", "piece", "mode", "stage", "seam", "max error", "needs", "upstream needs"],
    ...["allowed", "stage s", "verdict"],
  ];
  return [
    ...(rows.length > 0 ? textTable([head, ...rows], (column) => column >= 5 && column <= 9) : []),
    ...report.suites.flatMap(({ suite, notRun }) =>
      notRun === undefined ? [] : [`${suite}: not run: ${notRun}`]
    ),
    ...results.filter(({ verdict }) => verdict !== "pass")
      .map(({ suite, piece, mode, seam, verdict, comparison }) =>
        `${verdict}: ${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason}`
      ),
    ...firstFailureTexts(report),
    ...(report.unwalked ?? []).map((reason) => `not walked through: ${reason}`),
    ...sampleTexts(report),
    tally(report),
    madeByText(report),
  ].filter((line) => line !== undefined).join("\n");
}

/** Returns the times of processes as text; undefined where none was timed. */
export function timingTable({ timings }: ParityReport): string | undefined {
  if (timings === undefined) return undefined;
  return [
    ...textTable([timingHead(timings), ...timingRows(timings)], isTimingNumber),
    timingNote(timings),
  ].join("\n");
}

/** Returns the differences as text: one row for each seam, below it what failed and why. */
export function diffTable({ seams }: RecordingDifference): string {
  const rows = seams.map(({ seam, verdict, tolerance, comparison }) => {
    const isCompared = comparison.elements > 0;
    return [
      seam,
      isCompared ? String(comparison.elements) : "",
      isCompared ? String(comparison.failing) : "",
      error(comparison.maxAbsolute),
      isCompared ? neededBy({ comparison, tolerance }) : "",
      verdict === "extra" ? "" : allowed(tolerance),
      verdict,
    ];
  });
  const head = ["seam", "elements", "failing", "max error", "needs", "allowed", "verdict"];
  const count = (verdict: string): number => seams.filter((one) => one.verdict === verdict).length;
  return [
    ...textTable([head, ...rows], (column) => column >= 1 && column <= 5),
    ...seams.filter(({ verdict }) => verdict === "fail")
      .map(({ seam, comparison }) => `fail: ${seam}: ${comparison.reason}`),
    ...drift(seams),
    `${count("pass")} seams passed, ${count("fail")} failed, ${count("reported")} reported, ` +
    `${count("extra")} extra`,
  ].join("\n");
}

/** Returns which seams follow from the first one that failed; nothing where none does. */
function drift(seams: RecordingDifference["seams"]): string[] {
  const first = seams.find(({ verdict }) => verdict === "fail");
  const behind = seams.filter(({ verdict }) => verdict === "reported").map(({ seam }) => seam);
  if (first === undefined || behind.length === 0) return [];
  return [`first wrong: ${first.seam}; behind it, and reported only: ${behind.join(", ")}`];
}

/** Returns the backends as text: one row for each seam and backend, below it what failed or did not run. */
export function backendTable({ results }: BackendReport): string {
  const rows = results.flatMap(({ stage, backend, durationSeconds, seams }) =>
    seams.map(({ seam, verdict, tolerance, comparison }) => [
      ...[stage, seam, backend],
      comparison === null ? "" : error(comparison.maxAbsolute),
      comparison === null ? "" : neededBy({ comparison, tolerance }),
      ...[allowed(tolerance), seconds(durationSeconds), verdict],
    ])
  );
  const head = ["stage", "seam", "backend", "max error", "needs", "allowed", "stage s", "verdict"];
  const verdicts = results.flatMap(({ seams }) => seams.map(({ verdict }) => verdict));
  const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
  return [
    ...textTable([head, ...rows], (column) => column >= 3 && column <= 6),
    ...results.flatMap(({ stage, backend, notRun }) =>
      notRun === undefined ? [] : [`${stage}, ${backend}: not run: ${notRun}`]
    ),
    ...results.flatMap(({ stage, backend, seams }) =>
      seams.filter(({ verdict }) => verdict === "fail").map(({ seam, comparison }) =>
        `fail: ${stage}, ${seam}, ${backend}: ${comparison?.reason}`
      )
    ),
    ...levelTexts(results),
    `${count("pass")} seams passed, ${count("fail")} failed`,
  ].join("\n");
}

/** Returns for each seam whose level gave its tolerance why it did. */
function levelTexts(results: BackendReport["results"]): string[] {
  return results.flatMap(({ seams }) =>
    seams.filter(({ verdict }) => verdict === "first").flatMap(({ seam, peak, tolerance }) =>
      peak === undefined ? [] : [
        `${seam} peak at ${
          figure(peak)
        }, where single precision holds no 1e-6: allowed is half of the error that ` +
        `upstream's own float32 has at such a level, ${allowed(tolerance)}`,
      ]
    )
  );
}

/** Bins of the histogram that have a column. Larger distances share one more column. */
const BINS = 6;

const STATISTICS = [
  ...["mean", "rms", "99.9 %", "max relative", "margin"],
  ...Array.from({ length: BINS }, (_, bin) => `${ulpBinText(bin)} ulp`),
  ...["more", "max ulp"],
];

/**
 * Returns the statistics of a run: one row for each seam; below them the growth of errors.
 *
 * @param report results of the run
 * @returns lines without a final newline; shares of floats by units in the last place are in percent
 */
export function statisticsTable({ suites }: ParityReport): string {
  const rows = suites.flatMap((suite) => suite.results).map((result) => [
    ...[result.suite, result.piece, result.mode, result.seam, ...statistics(result.comparison)],
  ]);
  const growth = suites.flatMap(({ suite, growth }) =>
    growth.map(({ piece, from, seam, inputNeeds, outputNeeds, factor }) => [
      ...[suite, piece, from, seam, error(inputNeeds), error(outputNeeds), figure(factor)],
    ])
  );
  const head = ["suite", "piece", "mode", "seam", ...STATISTICS];
  const growthHead = ["suite", "piece", "from", "to", "needs before", "needs after", "growth"];
  return [
    ...textTable([head, ...rows], (column) => column >= 4),
    ...(growth.length === 0
      ? []
      : ["", ...textTable([growthHead, ...growth], (column) => column >= 4)]),
  ].join("\n");
}

/** Returns the statistics of two recordings: one row for each seam. */
export function differenceStatistics({ seams }: RecordingDifference): string {
  const rows = seams.map(({ seam, comparison }) => [seam, ...statistics(comparison)]);
  return textTable([["seam", ...STATISTICS], ...rows], (column) => column >= 1).join("\n");
}

function statistics(comparison: Comparison): string[] {
  const { meanAbsolute, rms, quantile999, maxRelative, margin, ulps } = comparison;
  return [
    ...[meanAbsolute, rms, quantile999, maxRelative].map(error),
    figure(margin),
    ...ulpShares(ulps),
  ];
}

function ulpShares(ulps: UlpHistogram | null): string[] {
  if (ulps === null) return Array(BINS + 2).fill("");
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const all = sum(ulps.counts);
  const counts = Array.from({ length: BINS }, (_, bin) => ulps.counts[bin] ?? 0);
  return [...counts, sum(ulps.counts.slice(BINS))].map((count) => figure(100 * count / all))
    .concat(ulps.max < 1e6 ? String(ulps.max) : ulps.max.toExponential(2));
}
