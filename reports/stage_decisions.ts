/**
 * Decides for each stage whether it became slower.
 *
 * @module
 */

import { type Baseline, type SampledRun, type SampledStage, stageOfRuns } from "./baseline.ts";
import { mannWhitney } from "./mann_whitney.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { StageDecision } from "./run_report.ts";
import type { StageSamples } from "./stage_figures.ts";
import { deviationOfDifferences, median, medianAbsoluteDeviation } from "./statistics.ts";

/** The baseline of one stage. */
interface StageBaseline {
  /** All samples of the baseline. */
  readonly seconds: readonly number[];
  /** Median of the medians of the baseline's runs. */
  readonly level: number;
  /** Logarithm of the ratio up to which runs differ without a change of the program. */
  readonly noiseMargin: number;
}

/**
 * Decides for every variant and stage of a run.
 *
 * A stage is slower if three conditions hold. A one-sided Mann-Whitney test of its samples against those of the
 * baseline is significant. Its median is above the baseline by the minimum. Its median is above the baseline by more
 * than the noise margin between runs. The samples of one run share its conditions, which a test among samples cannot
 * detect. The samples of a rerun must meet the same conditions.
 *
 * @param run the run
 * @param earlier all comparable runs before it, oldest first, which give the noise margin
 * @param baseline the runs of the baseline
 * @param settings thresholds
 * @param rerun rerun of the run; absent before there is one
 */
export function stageDecisions(
  run: SampledRun,
  earlier: readonly SampledRun[],
  baseline: Baseline,
  settings: RegressionSettings,
  rerun?: SampledRun,
): StageDecision[] {
  return run.samples.map((samples) => {
    const { variant, stage, seconds } = samples;
    const minimum = settings.minimums[stage] ?? settings.minimum;
    const figures = { variant, stage, median: median(seconds), minimum };
    const before = stageOfRuns(run.run, baseline.runs, samples);
    if (before.length === 0) {
      return { ...figures, baseline: null, ratio: null, pValue: null, verdict: "new" };
    }
    const recent = stageOfRuns(run.run, earlier, samples).slice(-settings.spread.nights);
    const stageBaseline: StageBaseline = {
      seconds: before.flatMap((one) => one.seconds),
      level: median(before.map((one) => one.median)),
      noiseMargin: noiseMargin(recent, before.length, seconds, settings),
    };
    return {
      ...figures,
      baseline: stageBaseline.level,
      ratio: figures.median / stageBaseline.level,
      pValue: mannWhitney(seconds, stageBaseline.seconds, "greater"),
      verdict: verdict(samples, stageBaseline, minimum, settings, rerun),
    };
  });
}

/**
 * Returns the margin above the baseline, as a logarithm, within which the median of a run may lie without a change of
 * the program. It is a number of deviations of the runs' medians, weighted with the assumed deviation. It includes the
 * error of the baseline, which depends on its number of runs.
 *
 * The deviation is that from one run to the next, so that a change of level does not widen it. Where the passes of a run
 * vary much, as on a machine that does other work, the runs are assumed to vary as well.
 */
function noiseMargin(
  recent: readonly SampledStage[],
  runs: number,
  seconds: readonly number[],
  { spread: { factor, assumed: least, ofPasses, weight } }: RegressionSettings,
): number {
  const deviations = [...recent.map((one) => one.seconds), seconds].map((passes) =>
    medianAbsoluteDeviation(passes) / median(passes)
  ).filter(Number.isFinite);
  const assumed = Math.max(least, deviations.length === 0 ? 0 : ofPasses * median(deviations));
  const variance = deviationOfDifferences(recent.map((one) => Math.log(one.median))) ** 2;
  const seen = Math.max(recent.length - 1, 0);
  const known = seen + weight === 0
    ? 0
    : (seen * variance + weight * assumed ** 2) / (seen + weight);
  return factor * Math.sqrt(known * (1 + 1 / runs));
}

function verdict(
  { variant, stage, seconds }: StageSamples,
  baseline: StageBaseline,
  minimum: number,
  settings: RegressionSettings,
  rerun: SampledRun | undefined,
): StageDecision["verdict"] {
  if (isFaster(seconds, baseline, minimum, settings)) return "faster";
  if (!isSlower(seconds, baseline, minimum, settings)) {
    return isAbove(seconds, baseline, minimum, settings) &&
        leastProbability(seconds, baseline) > settings.alpha
      ? "unknown"
      : "same";
  }
  const again = rerun && stageOfRuns(rerun.run, [rerun], { variant, stage })[0];
  if (again === undefined) return "suspect";
  return isSlower(again.seconds, baseline, minimum, settings) ? "slower" : "same";
}

function isSlower(
  seconds: readonly number[],
  baseline: StageBaseline,
  minimum: number,
  settings: RegressionSettings,
): boolean {
  return isAbove(seconds, baseline, minimum, settings) &&
    mannWhitney(seconds, baseline.seconds, "greater") <= settings.alpha;
}

/** Returns whether the median is far enough above the baseline, without a test. */
function isAbove(
  seconds: readonly number[],
  { level, noiseMargin }: StageBaseline,
  minimum: number,
  { minimumSeconds }: RegressionSettings,
): boolean {
  const middle = median(seconds);
  return middle >= minimumSeconds && middle >= level * (1 + minimum) &&
    Math.log(middle / level) > noiseMargin;
}

/**
 * Returns the smallest probability that the test can give: that of samples which are all above those of the baseline.
 */
function leastProbability(seconds: readonly number[], baseline: StageBaseline): number {
  return mannWhitney(
    seconds.map((_, at) => 1 + at),
    baseline.seconds.map((_, at) => -at),
    "greater",
  );
}

function isFaster(
  seconds: readonly number[],
  baseline: StageBaseline,
  minimum: number,
  { alpha, minimumSeconds }: RegressionSettings,
): boolean {
  const middle = median(seconds);
  return baseline.level >= minimumSeconds &&
    baseline.level >= middle * (1 + minimum) &&
    Math.log(baseline.level / middle) > baseline.noiseMargin &&
    mannWhitney(seconds, baseline.seconds, "less") <= alpha;
}
