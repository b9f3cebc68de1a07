/**
 * What the page's own scripts draw, small enough for many nights.
 *
 * @module
 */

import type { HistoryChange } from "../run_report.ts";
import type { ReportView, StageView } from "../report_view.ts";

/** Significant digits of a figure of the history: more than a chart can show. */
const DIGITS = 5;

/** What the page's scripts read. */
export interface PageData {
  /** In full. */
  readonly stages: readonly StageView[];
  /** In full. */
  readonly parity: ReportView["parity"];
  /** In full. */
  readonly quality: ReportView["run"]["quality"];
  /** In full. */
  readonly steps: readonly HistoryChange[];
  /** An array for each figure, an element for each night, oldest first. */
  readonly history: {
    /** Days since 1970, UTC, with their fraction. */
    readonly day: readonly number[];
    readonly run: readonly string[];
    /** First ten digits; null where it is not known. */
    readonly commit: readonly (string | null)[];
    /** 1 where a night can be compared with tonight. */
    readonly comparable: readonly (0 | 1)[];
    readonly series: ReportView["history"]["series"];
  };
}

/**
 * The data of a page; figures of tonight in full, those of the history rounded.
 *
 * @param report what to show
 */
export function pageData({ stages, parity, run, decision, history }: ReportView): PageData {
  const { nights, series } = history;
  return {
    stages,
    parity,
    quality: run.quality,
    steps: decision?.steps ?? [],
    history: {
      day: nights.map(({ startedAt }) => Math.round(Date.parse(startedAt) / 864) / 100_000),
      run: nights.map(({ run }) => run),
      commit: nights.map(({ commit }) => commit?.slice(0, 10) ?? null),
      comparable: nights.map(({ isComparable }) => isComparable ? 1 : 0),
      series: series.map(({ variant, stage, median, low, high, realTimeFactor }) => ({
        variant,
        stage,
        median: median.map(rounded),
        low: low.map(rounded),
        high: high.map(rounded),
        realTimeFactor: realTimeFactor.map(rounded),
      })),
    },
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}
