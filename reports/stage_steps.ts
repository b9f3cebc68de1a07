/**
 * Lasting changes in the history of every stage, and which of them alert.
 *
 * @module
 */

import type { HistoryChange } from "./run_report.ts";
import { type Night, type StageNight, stageNights } from "./nights.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { StageSamples } from "./stage_samples.ts";
import { median } from "./statistics.ts";
import { type ChangePoint, changePoints, SHORTEST_STRETCH } from "./steps.ts";

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
): HistoryChange[] {
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
  const isRecent = ({ at }: ChangePoint): boolean => medians.length - at <= newNights;
  const large = points.filter(isLarge);
  const unknown = large.every(isRecent)
    ? large
    : withoutNearest(large, changePoints(medians.slice(0, -newNights), options).filter(isLarge));
  const isNew = (point: ChangePoint): boolean => isRecent(point) || unknown.includes(point);
  const now = median(medians.slice(-SHORTEST_STRETCH));
  return points.map((point, index) => {
    // The end of a short slow spell may be too recent to be a step of its own.
    const before = median(medians.slice(points[index - 1]?.at ?? 0, point.at));
    const isAlert = isLarge(point) && now >= before * least &&
      medians.at(-1)! >= settings.minimumSeconds && isNew(point);
    return { ...point, isAlert };
  });
}

/**
 * The points for which there was none before. Where a drift is cut moves from night to night: each known point takes the
 * nearest away, however far.
 */
function withoutNearest(
  points: readonly ChangePoint[],
  known: readonly ChangePoint[],
): ChangePoint[] {
  const left = [...points];
  for (const { at } of known) {
    left.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at)).shift();
  }
  return left;
}
