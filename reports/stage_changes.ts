/**
 * Finds the change points in the history of every stage, and decides which of them alert.
 *
 * @module
 */

import { type SampledRun, type SampledStage, stageOfRuns } from "./baseline.ts";
import { type ChangePoint, changePoints, SHORTEST_STRETCH } from "./change_points.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { HistoryChange } from "./run_report.ts";
import type { StageSamples } from "./stage_figures.ts";
import { median } from "./statistics.ts";

/**
 * Finds the change points of all stages up to a run.
 *
 * A change point alerts if the stage became slower by its minimum, is still slower by as much, and the change is new. A
 * change is new if it began at most `newNights` runs ago, or if it only now became large enough, as in a slow drift.
 *
 * @param run the last run
 * @param earlier the comparable runs before it, oldest first
 * @param settings thresholds of change points
 * @param rerun rerun of the run; with one, a change point only alerts if the rerun's times show it too
 * @returns variants and stages in the order of the run, the change points of each oldest first
 */
export function stageChanges(
  run: SampledRun,
  earlier: readonly SampledRun[],
  settings: RegressionSettings,
  rerun?: SampledRun,
): HistoryChange[] {
  return run.samples.flatMap((samples) => {
    const { variant, stage, seconds } = samples;
    const runs: SampledStage[] = [
      ...stageOfRuns(run.run, earlier, samples),
      { run: run.run, seconds, median: median(seconds) },
    ];
    const again = rerun && stageOfRuns(rerun.run, [rerun], samples)[0];
    const medians = runs.map((one) => one.median);
    const found = pointsWithAlerts(medians, samples, settings);
    const isConfirmed = rerun === undefined || again !== undefined &&
        found.some(({ isAlert }) => isAlert) &&
        pointsWithAlerts([...medians.slice(0, -1), again.median], samples, settings)
          .some(({ isAlert }) => isAlert);
    return found.map(({ at, ratio, pValue, isAlert }) => ({
      variant,
      stage,
      run: runs[at]!.run.id,
      startedAt: runs[at]!.run.startedAt,
      ratio,
      pValue,
      isAlert: isAlert && isConfirmed,
    }));
  });
}

function pointsWithAlerts(
  medians: readonly number[],
  { variant, stage }: StageSamples,
  settings: RegressionSettings,
): (ChangePoint & { isAlert: boolean })[] {
  const { alpha, minimum: standard, newNights } = settings.changePoints;
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
    // The end of a short slowdown may be too recent to be a change point of its own.
    const before = median(medians.slice(points[index - 1]?.at ?? 0, point.at));
    const isAlert = isLarge(point) && now >= before * least &&
      medians.at(-1)! >= settings.minimumSeconds && isNew(point);
    return { ...point, isAlert };
  });
}

/**
 * Returns the points that an earlier search did not find. The cut of a drift moves from run to run. Each known point
 * therefore removes the nearest point, at any distance.
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
