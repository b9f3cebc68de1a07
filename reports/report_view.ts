/**
 * Selects the figures that a report of a run shows; every renderer reads only these.
 *
 * Times are seconds, memory is bytes. An unknown value is null.
 *
 * @module
 */

import type {
  Decision,
  Measurement,
  ParityFigure,
  RunReport,
  StageDecision,
} from "./run_report.ts";
import { corpusSeconds, type StageFigures, stageFigures } from "./stage_figures.ts";
import type { Interval } from "./statistics.ts";
import { type Timeline, timelineOf } from "./timeline.ts";

/** Figures of one run, with its decision and its history. */
export interface ReportView {
  /** Measurements of the run. */
  readonly run: RunReport;
  /** Decision on the run; null for a run that was not compared, as of a single `bench`. */
  readonly decision: Decision | null;
  /** Length of all tracks together. */
  readonly corpusSeconds: number | null;
  /** Stages in the order of the run: the total of a variant first, then its stages. */
  readonly stages: readonly StageView[];
  /** Reasons to doubt the figures, each with a remedy. */
  readonly warnings: readonly string[];
  /** The measurement of median time on the longest track, for each variant. */
  readonly timelines: readonly RunTimeline[];
  /** The earlier runs and this one, oldest first. */
  readonly history: readonly HistoryRun[];
  /** All seams, the one nearest to its limit first. */
  readonly parity: readonly ParityMargin[];
}

/** One stage of one variant. */
export interface StageView extends StageFigures {
  /** Seconds of audio per second of computation. */
  readonly realTimeFactor: number | null;
  /** Median of the baseline; null without one. */
  readonly baseline: number | null;
  /** Median divided by that of the baseline, above 1 if slower; null without a baseline. */
  readonly ratio: number | null;
  /** Verdict of the decision; null for a run that was not compared. */
  readonly verdict: StageDecision["verdict"] | null;
}

/** The stages of one measurement over time. */
export interface RunTimeline {
  /** The measurement. */
  readonly measurement: Measurement;
  /** Length of its track. */
  readonly trackSeconds: number | null;
  /** Start and end of each stage. */
  readonly timeline: Timeline;
}

/** One run of the history. */
export interface HistoryRun {
  /** Id of the run. */
  readonly run: string;
  /** Start, ISO 8601, UTC. */
  readonly startedAt: string;
  /** Full hash; null if unknown. */
  readonly commit: string | null;
  /** Whether machine, settings and tracks are those of the reported run. */
  readonly isComparable: boolean;
  /** Every variant and stage that was measured. */
  readonly stages: readonly HistoryStage[];
}

/** One stage of a run of the history. */
export interface HistoryStage {
  /** Name of the variant. */
  readonly variant: string;
  /** Name of the stage, or `total`. */
  readonly stage: string;
  /** Median seconds of a pass over all tracks. */
  readonly median: number;
  /** Interval of the median; null for too few samples. */
  readonly interval: Interval | null;
  /** Seconds of audio per second of computation. */
  readonly realTimeFactor: number | null;
}

/** A seam and the share of its tolerance that it needs. */
export interface ParityMargin extends ParityFigure {
  /** Needed tolerance divided by the allowed one, above 1 if the seam fails; null if unknown. */
  readonly margin: number | null;
}

/** Largest number of stages that a warning names. */
const NAMED_STAGES = 3;

/** Distance of a sample from the median that is worth a warning, 0.1 for 10 %. */
const NOTABLE_DISTANCE = 0.1;

/** Share of the total from which on a stage is worth a warning. */
const NOTABLE_SHARE = 0.1;

/**
 * Returns the figures that a report of a run shows.
 *
 * @param run measurements
 * @param decision decision on the run; null for a run that was not compared
 * @param history earlier runs in any order; the run itself is added if it is missing
 */
export function reportOfRun(
  run: RunReport,
  decision: Decision | null = null,
  history: readonly HistoryRun[] = [],
): ReportView {
  const seconds = corpusSeconds(run);
  const stages = stageFigures(run).map((figures): StageView => {
    const decided = decision?.stages.find(({ variant, stage }) =>
      variant === figures.variant && stage === figures.stage
    );
    return {
      ...figures,
      realTimeFactor: seconds === null ? null : seconds / figures.median,
      baseline: decided?.baseline ?? null,
      ratio: decided?.ratio ?? null,
      verdict: decided?.verdict ?? null,
    };
  });
  const others = history.filter((other) => other.run !== run.id);
  return {
    run,
    decision,
    corpusSeconds: seconds,
    stages,
    warnings: [...unfinished(run), ...outlierWarnings(stages), ...modified(run)],
    timelines: timelinesOf(run),
    history: [...others, { ...identity(run), isComparable: true, stages }]
      .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)),
    parity: margins(run.parity),
  };
}

/**
 * Returns a run as the history of another report shows it.
 *
 * @param run measurements
 * @param isComparable whether machine, settings and tracks are those of the reported run
 */
export function historyRun(run: RunReport, isComparable: boolean): HistoryRun {
  const seconds = corpusSeconds(run);
  const stages = stageFigures(run).map(({ variant, stage, median, interval }) => ({
    ...{
      variant,
      stage,
      median,
      interval,
      realTimeFactor: seconds === null ? null : seconds / median,
    },
  }));
  return { ...identity(run), isComparable, stages };
}

function identity(
  { id, startedAt, program: { commit } }: RunReport,
): Pick<HistoryRun, "run" | "startedAt" | "commit"> {
  return { run: id, startedAt, commit };
}

function unfinished({ finishedAt }: RunReport): string[] {
  return finishedAt !== null
    ? []
    : ["The run was interrupted: rounds are missing; run it again before you compare it"];
}

function modified({ program }: RunReport): string[] {
  return program.isModified === true
    ? ["Files differed from the commit: commit them and measure again before you keep the figures"]
    : [];
}

/**
 * Returns warnings of outliers in stages that take a notable share of the total, one for each variant. A disturbed
 * round affects many stages, which share one warning. Smaller outliers are only in the table, because some occur by
 * chance among many samples.
 */
function outlierWarnings(stages: readonly StageView[]): string[] {
  const outlying = (stage: StageView): number =>
    stage.outliers.filter((seconds) => Math.abs(seconds / stage.median - 1) >= NOTABLE_DISTANCE)
      .length;
  const isLarge = ({ variant, median }: StageView): boolean =>
    median >= NOTABLE_SHARE * (stages.find((one) => one.variant === variant)?.median ?? 0);
  const found = Map.groupBy(
    stages.filter((stage) => isLarge(stage) && outlying(stage) > 0),
    ({ variant }) => variant,
  );
  return [...found].map(([variant, stages]) => {
    const counts = stages.slice(0, NAMED_STAGES).map((stage) =>
      `${stage.stage} (${outlying(stage)} of ${stage.samples.length})`
    );
    const others = stages.length - counts.length;
    return `${variant}: outliers in ${counts.join(", ")}` +
      `${others > 0 ? ` and ${others} more` : ""}; ` +
      "stop other programs on the machine and measure again, or take more rounds";
  });
}

/** Returns, for each variant, the measurement of the longest track in the round of median time. */
function timelinesOf({ tracks, variants, measurements }: RunReport): RunTimeline[] {
  const longest = tracks.toSorted((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))[0];
  return variants.flatMap(({ name }) => {
    const measured = measurements
      .filter(({ variant, track }) => variant === name && track === longest?.name)
      .toSorted((a, b) => a.seconds - b.seconds);
    const measurement = measured[(measured.length - 1) >> 1];
    if (longest === undefined || measurement === undefined) return [];
    const records = measurement.stages.map((stage) => ({ ...stage, track: null }));
    const timeline = timelineOf(records, measurement.seconds);
    return [{ measurement, trackSeconds: longest.seconds, timeline }];
  });
}

/** Returns failed seams first, then those that need the largest share of their tolerance, then those only reported. */
function margins(figures: readonly ParityFigure[]): ParityMargin[] {
  const rank = ({ verdict }: ParityFigure): number =>
    verdict === "fail" ? 0 : verdict === "reported" ? 2 : 1;
  return figures
    .map((figure) => ({ ...figure, margin: marginOf(figure) }))
    .toSorted((a, b) => rank(a) - rank(b) || (b.margin ?? Infinity) - (a.margin ?? Infinity) || 0);
}

function marginOf({ needs, allowed }: ParityFigure): number | null {
  if (needs === null) return null;
  if (needs === 0) return 0;
  return allowed === 0 ? null : needs / allowed;
}
