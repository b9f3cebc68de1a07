/**
 * Lasting changes in the history of every stage, and which of them alert.
 *
 * @module
 */

import type { Step } from "./decision.ts";
import { type Night, type StageNight, stageNights } from "./nights.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { StageSamples } from "./stage_samples.ts";
import { median } from "./statistics.ts";
import { type ChangePoint, changePoints } from "./steps.ts";

/**
 * Finds the steps of all stages up to a night.
 *
 * A step alerts when the stage became slower by its minimum, is still slower by as much, and the step is new: it began
 * at most so many nights ago, or is only now large enough, as a slow drift is.
 *
 * @param tonight the last night
 * @param earlier the nights before it that compare, oldest first
 * @param settings when a step counts
 * @param rerun of the same night; where there is one, a step only alerts if it is also there with its times
 * @returns variants and stages in the order of the night, the steps of each oldest first
 */
export function stageSteps(
  tonight: Night,
  earlier: readonly Night[],
  settings: RegressionSettings,
  rerun?: Night,
): Step[] {
  return tonight.samples.flatMap((samples) => {
    const { variant, stage, seconds } = samples;
    const nights: StageNight[] = [
      ...stageNights(tonight.run, earlier, samples),
      { run: tonight.run, seconds, median: median(seconds) },
    ];
    const again = rerun && stageNights(rerun.run, [rerun], samples)[0];
    const medians = nights.map((night) => night.median);
    const found = judgedSteps(medians, samples, settings);
    const isConfirmed = rerun === undefined || again !== undefined &&
        found.some(({ isAlert }) => isAlert) &&
        judgedSteps([...medians.slice(0, -1), again.median], samples, settings)
          .some(({ isAlert }) => isAlert);
    return found.map(({ at, ratio, pValue, isAlert }) => ({
      variant,
      stage,
      run: nights[at]!.run.id,
      startedAt: nights[at]!.run.startedAt,
      ratio,
      pValue,
      isAlert: isAlert && isConfirmed,
    }));
  });
}

function judgedSteps(
  medians: readonly number[],
  { variant, stage }: StageSamples,
  settings: RegressionSettings,
): (ChangePoint & { isAlert: boolean })[] {
  const { alpha, minimum: standard, newNights } = settings.steps;
  const least = 1 + (settings.minimums[stage] ?? standard);
  const options = { alpha, seed: `${variant}/${stage}` };
  const points = changePoints(medians, options);
  const isLarge = ({ ratio }: ChangePoint): boolean => ratio >= least;
  const isNew = ({ at }: ChangePoint): boolean =>
    medians.length - at <= newNights ||
    !changePoints(medians.slice(0, -newNights), options)
      .some((old) => isLarge(old) && Math.abs(old.at - at) <= newNights);
  return points.map((point, index) => ({
    ...point,
    isAlert: isLarge(point) && levelSince(points.slice(index)) >= least &&
      medians.at(-1)! >= settings.minimumSeconds && isNew(point),
  }));
}

/** The last level through the one before the first of the steps. */
function levelSince(points: readonly ChangePoint[]): number {
  return points.reduce((product, { ratio }) => product * ratio, 1);
}
