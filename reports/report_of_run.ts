/**
 * What a report shows of a run: every figure, worked out once.
 *
 * @module
 */

import type { Decision } from "./run_report.ts";
import { type HistoryNight, historyNight } from "./history_night.ts";
import type {
  HistorySeries,
  HistoryView,
  ParityMargin,
  ReportView,
  RunTimeline,
  StageView,
} from "./report_view.ts";
import type { Measurement, ParityFigure, RunReport } from "./run_report.ts";
import { stageFigures } from "./stage_figures.ts";
import { corpusSeconds } from "./stage_samples.ts";
import { timelineOf } from "./timeline.ts";

/** A warning names no more stages than these. */
const NAMED_STAGES = 3;

/** How far from the median a sample must be to be warned of, 0.1 for 10 %. */
const FAR_OFF = 0.1;

/** Of the total's median; shorter stages are not warned of. */
const LARGE_PART = 0.1;

/**
 * Works out what a report of a run shows.
 *
 * @param run what was measured
 * @param decision what it comes to; null where nobody decided
 * @param history the nights before, in any order; the run itself is added where it is missing
 */
export function reportOfRun(
  run: RunReport,
  decision: Decision | null = null,
  history: readonly HistoryNight[] = [],
): ReportView {
  const seconds = corpusSeconds(run);
  const stages = stageFigures(run).map((figures): StageView => {
    const decided = decision?.stages.find(({ variant, stage }) =>
      variant === figures.variant && stage === figures.stage
    );
    return {
      ...figures,
      realTimeFactor: seconds / figures.median,
      baseline: decided?.baseline ?? null,
      ratio: decided?.ratio ?? null,
      verdict: decided?.verdict ?? null,
    };
  });
  return {
    run,
    decision,
    corpusSeconds: seconds,
    stages,
    warnings: [...unfinished(run), ...outlierWarnings(stages), ...modified(run)],
    timelines: timelinesOf(run, stages),
    history: historyView(nightsOf(run, history), stages),
    parity: margins(run.parity),
  };
}

function unfinished({ finishedAt }: RunReport): string[] {
  return finishedAt !== null
    ? []
    : ["The run was ended before its time: rounds are missing; run it again before you compare it"];
}

function modified({ program }: RunReport): string[] {
  return program.isModified === true
    ? ["Files differed from the commit: commit them and measure again before you keep the figures"]
    : [];
}

/** One warning a variant: what disturbs a round is seen in many stages at once. */
/**
 * Of stages that take a good part of the whole, samples that are far from all others and from the median. Others are in
 * the table: among many samples some are outliers by chance, which is no reason to doubt a night.
 */
function outlierWarnings(stages: readonly StageView[]): string[] {
  const far = (stage: StageView): number =>
    stage.outliers.filter((seconds) => Math.abs(seconds / stage.median - 1) >= FAR_OFF).length;
  const isLarge = ({ variant, median }: StageView): boolean =>
    median >= LARGE_PART * (stages.find((one) => one.variant === variant)?.median ?? 0);
  const wild = Map.groupBy(
    stages.filter((stage) => isLarge(stage) && far(stage) > 0),
    ({ variant }) => variant,
  );
  return [...wild].map(([variant, stages]) => {
    const counts = stages.slice(0, NAMED_STAGES).map((stage) =>
      `${stage.stage} (${far(stage)} of ${stage.samples.length})`
    );
    const others = stages.length - counts.length;
    return `${variant}: samples far from all others in ${counts.join(", ")}` +
      `${others > 0 ? ` and ${others} more` : ""}; ` +
      "end what else the machine does and measure again, or take more rounds";
  });
}

/** Of each variant the longest track, in the round whose time is nearest the middle. */
function timelinesOf(run: RunReport, stages: readonly StageView[]): RunTimeline[] {
  const longest = run.tracks.toSorted((a, b) => b.seconds - a.seconds)[0];
  if (longest === undefined) return [];
  const variants = [...new Set(stages.map(({ variant }) => variant))];
  return variants.flatMap((variant) => {
    const measured = run.measurements
      .filter((one) => one.variant === variant && one.track === longest.name)
      .toSorted((a, b) => a.seconds - b.seconds);
    const middle: Measurement | undefined = measured[(measured.length - 1) >> 1];
    if (middle === undefined) return [];
    const records = middle.stages.map(({ stage, start, end }) => ({
      stage,
      start,
      end,
      track: null,
    }));
    return [{
      variant,
      track: longest.name,
      round: middle.round,
      trackSeconds: longest.seconds,
      timeline: timelineOf(records, middle.seconds),
    }];
  });
}

function nightsOf(run: RunReport, history: readonly HistoryNight[]): HistoryNight[] {
  const others = history.filter((night) => night.run !== run.id);
  return [...others, historyNight(run, true)]
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

function historyView(
  nights: readonly HistoryNight[],
  stages: readonly StageView[],
): HistoryView {
  const byName = nights.map((night) =>
    new Map(night.stages.map((one) => [JSON.stringify([one.variant, one.stage]), one]))
  );
  return {
    nights: nights.map(({ run, startedAt, commit, isComparable }) => ({
      run,
      startedAt,
      commit,
      isComparable,
    })),
    series: stages.map(({ variant, stage }): HistorySeries => {
      const all = byName.map((night) => night.get(JSON.stringify([variant, stage])));
      return {
        variant,
        stage,
        median: all.map((one) => one?.median ?? null),
        low: all.map((one) => one?.interval?.low ?? null),
        high: all.map((one) => one?.interval?.high ?? null),
        realTimeFactor: all.map((one, night) =>
          one === undefined ? null : nights[night]!.corpusSeconds / one.median
        ),
      };
    }),
  };
}

/** What is judged first, and there what failed, then what needs most of what is allowed. */
function margins(figures: readonly ParityFigure[]): ParityMargin[] {
  const rank = ({ verdict }: ParityFigure): number =>
    verdict === "fail" ? 0 : verdict === "reported" ? 2 : 1;
  return figures
    .map((figure) => ({ ...figure, margin: marginOf(figure) }))
    .toSorted((a, b) => rank(a) - rank(b) || (b.margin ?? Infinity) - (a.margin ?? Infinity) || 0);
}

/** Where nothing is allowed, nothing needed is all of it as well. */
function marginOf({ needs, allowed }: ParityFigure): number | null {
  if (needs === null) return null;
  if (needs === 0) return 0;
  return allowed === 0 ? null : needs / allowed;
}
