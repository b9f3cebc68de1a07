/**
 * Whether stages became slower.
 *
 * @module
 */

import type { Baseline } from "./baseline.ts";
import type { StageDecision } from "./run_report.ts";
import { mannWhitney } from "./mann_whitney.ts";
import { type Night, type StageNight, stageNights } from "./nights.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { StageSamples } from "./stage_samples.ts";
import { deviationOfSteps, median } from "./statistics.ts";

/** What a stage's time tonight lies beside. */
interface Beside {
  /** All samples of the baseline. */
  readonly seconds: readonly number[];
  /** Median of the baseline's nights' medians. */
  readonly level: number;
  /** The logarithm of a ratio up to which a night differs by itself. */
  readonly reach: number;
}

/**
 * Decides for every variant and stage of a night.
 *
 * A stage is slower when a one-sided Mann-Whitney test of its samples beside all of the baseline's says so, its median
 * is above the baseline by the minimum, and by more than nights differ by themselves: the samples of one night share
 * its luck, which no test among samples sees. A rerun must say the same by itself.
 *
 * @param tonight the night
 * @param earlier all nights before it that compare, oldest first: they tell how much nights differ
 * @param baseline those that it is compared with
 * @param settings when a difference counts
 * @param rerun of the same night; absent before there is one
 */
export function stageDecisions(
  tonight: Night,
  earlier: readonly Night[],
  baseline: Baseline,
  settings: RegressionSettings,
  rerun?: Night,
): StageDecision[] {
  return tonight.samples.map((samples) => {
    const { variant, stage, seconds } = samples;
    const minimum = settings.minimums[stage] ?? settings.minimum;
    const figures = { variant, stage, median: median(seconds), minimum };
    const before = stageNights(tonight.run, baseline.nights, samples);
    if (before.length === 0) {
      return { ...figures, baseline: null, ratio: null, pValue: null, verdict: "new" };
    }
    const recent = stageNights(tonight.run, earlier, samples).slice(-settings.spread.nights);
    const beside: Beside = {
      seconds: before.flatMap((night) => night.seconds),
      level: median(before.map((night) => night.median)),
      reach: reach(recent, before.length, settings),
    };
    return {
      ...figures,
      baseline: beside.level,
      ratio: figures.median / beside.level,
      pValue: mannWhitney(seconds, beside.seconds, "greater"),
      verdict: verdict(samples, beside, minimum, settings, rerun),
    };
  });
}

/**
 * How far above the baseline a night's median may lie by itself: so many deviations of the nights' medians, with what is
 * assumed of them weighed in, and the error of a baseline of so many nights.
 *
 * The deviation is seen from one night to the next, so that a change of level in between does not widen it.
 */
function reach(
  recent: readonly StageNight[],
  nights: number,
  { spread: { factor, assumed, weight } }: RegressionSettings,
): number {
  const variance = deviationOfSteps(recent.map((night) => Math.log(night.median))) ** 2;
  const seen = Math.max(recent.length - 1, 0);
  const known = seen + weight === 0
    ? 0
    : (seen * variance + weight * assumed ** 2) / (seen + weight);
  return factor * Math.sqrt(known * (1 + 1 / nights));
}

function verdict(
  samples: StageSamples,
  beside: Beside,
  minimum: number,
  settings: RegressionSettings,
  rerun: Night | undefined,
): StageDecision["verdict"] {
  const { variant, stage, seconds } = samples;
  if (isFaster(seconds, beside, minimum, settings)) return "faster";
  if (!isSlower(seconds, beside, minimum, settings)) {
    return isAbove(seconds, beside, minimum, settings) &&
        leastProbability(seconds, beside) > settings.alpha
      ? "unknown"
      : "same";
  }
  const again = rerun && stageNights(rerun.run, [rerun], { variant, stage })[0];
  if (again === undefined) return "suspect";
  return isSlower(again.seconds, beside, minimum, settings) ? "slower" : "same";
}

function isSlower(
  seconds: readonly number[],
  beside: Beside,
  minimum: number,
  settings: RegressionSettings,
): boolean {
  return isAbove(seconds, beside, minimum, settings) &&
    mannWhitney(seconds, beside.seconds, "greater") <= settings.alpha;
}

/** Whether the median is far enough above the baseline, be it by chance. */
function isAbove(
  seconds: readonly number[],
  beside: Beside,
  minimum: number,
  { minimumSeconds }: RegressionSettings,
): boolean {
  const middle = median(seconds);
  return middle >= minimumSeconds &&
    middle >= beside.level * (1 + minimum) &&
    Math.log(middle / beside.level) > beside.reach;
}

/** What the test says where every sample of the night is above all of the baseline. */
function leastProbability(seconds: readonly number[], beside: Beside): number {
  return mannWhitney(seconds.map((_, at) => 1 + at), beside.seconds.map((_, at) => -at), "greater");
}

function isFaster(
  seconds: readonly number[],
  beside: Beside,
  minimum: number,
  { alpha, minimumSeconds }: RegressionSettings,
): boolean {
  const middle = median(seconds);
  return beside.level >= minimumSeconds &&
    beside.level >= middle * (1 + minimum) &&
    Math.log(beside.level / middle) > beside.reach &&
    mannWhitney(seconds, beside.seconds, "less") <= alpha;
}
