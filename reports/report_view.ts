/**
 * What a report shows, with numbers as they are: every renderer reads this and nothing else.
 *
 * Times are seconds, memory is bytes; what is not known is null.
 *
 * @module
 */

import type { Decision, StageDecision } from "./run_report.ts";
import type { ParityFigure, RunReport } from "./run_report.ts";
import type { Interval } from "./statistics.ts";

/** Everything that a report shows of one run. */
export interface ReportView {
  /** What was measured. */
  readonly run: RunReport;
  /** What it comes to; null where nobody decided, as of a single `bench`. */
  readonly decision: Decision | null;
  /** Length of all tracks together. */
  readonly corpusSeconds: number;
  /** In the order of the run: the total of a variant first, then its stages. */
  readonly stages: readonly StageView[];
  /** What to know before the figures are believed, each with what to do about it. */
  readonly warnings: readonly string[];
  /** One measurement of each variant, as near to the middle as there is. */
  readonly timelines: readonly RunTimeline[];
  /** The nights before, and this one. */
  readonly history: HistoryView;
  /** Every seam, the one nearest to its limit first. */
  readonly parity: readonly ParityMargin[];
}

/** One stage of one variant. */
export interface StageView {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** A stage, or `total`. */
  readonly stage: string;
  /** Seconds of a pass over all tracks, one for each round. */
  readonly samples: readonly number[];
  /** Seconds; the median of the samples. */
  readonly median: number;
  /** Of the samples, scaled so that of normal values it is their standard deviation. */
  readonly medianAbsoluteDeviation: number;
  /** Of the median, with 95 % confidence; null where there are too few samples for one. */
  readonly interval: Interval | null;
  /** Samples that are far from all others. */
  readonly outliers: readonly number[];
  /** Median over the rounds of the processor's seconds in a pass. */
  readonly cpuSeconds: number;
  /** The highest of all measurements. */
  readonly peakBytes: number;
  /** Median over the rounds of the bytes read in a pass; null where the system does not tell. */
  readonly bytesRead: number | null;
  /** Seconds of audio in a second of work: above 1 it is faster than it plays. */
  readonly realTimeFactor: number;
  /** Median of the baseline; null where there is none. */
  readonly baseline: number | null;
  /** Tonight through baseline, above 1 where it became slower; null where there is no baseline. */
  readonly ratio: number | null;
  /** What was decided of it; null where nobody decided. */
  readonly verdict: StageDecision["verdict"] | null;
}

/** When the stages of one measurement ran. */
export interface RunTimeline {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** Name of the track. */
  readonly track: string;
  /** From 0 on. */
  readonly round: number;
  /** Length of the track. */
  readonly trackSeconds: number;
  /** When each stage ran. */
  readonly timeline: Timeline;
}

/** Bars on a common axis that begins at 0 seconds. */
export interface Timeline {
  /** Where the axis ends. */
  readonly seconds: number;
  /** In the order in which they began. */
  readonly rows: readonly TimelineRow[];
}

/** One row of a timeline. */
export interface TimelineRow {
  /** Name of the stage. */
  readonly stage: string;
  /** The stage that this one is a part of; null where it stands for itself. */
  readonly parent: string | null;
  /** In the order in which they began. */
  readonly bars: readonly TimelineBar[];
}

/** From when to when something ran. */
export interface TimelineBar {
  /** Seconds after the beginning of the axis. */
  readonly start: number;
  /** Seconds after the beginning of the axis. */
  readonly end: number;
  /** What it worked on; null where that is not known or goes without saying. */
  readonly track: string | null;
}

/** Figures of many nights. */
export interface HistoryView {
  /** Oldest first; a night without a run has no entry. */
  readonly nights: readonly NightView[];
  /** In the order of the stages. */
  readonly series: readonly HistorySeries[];
}

/** One night. */
export interface NightView {
  /** Id of the run. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Full hash; null where it is not known. */
  readonly commit: string | null;
  /** Whether machine, settings and tracks are those of tonight. */
  readonly isComparable: boolean;
}

/** One stage over the nights; each array has an element a night, null where it was not measured. */
export interface HistorySeries {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** Name of the stage. */
  readonly stage: string;
  /** Median seconds of a pass over all tracks. */
  readonly median: readonly (number | null)[];
  /** Lower end of the median's interval. */
  readonly low: readonly (number | null)[];
  /** Upper end of the median's interval. */
  readonly high: readonly (number | null)[];
  /** Seconds of audio in a second of work. */
  readonly realTimeFactor: readonly (number | null)[];
}

/** A seam and how much of what is allowed it needs. */
export interface ParityMargin extends ParityFigure {
  /** Needs through allowed: above 1 it fails; null where it cannot be told. */
  readonly margin: number | null;
}
