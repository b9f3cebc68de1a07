/**
 * Grids: equally spaced times, and their fit to beats.
 *
 * @module
 */

import { median } from "./order_statistics.ts";

/** Equally spaced times: `origin + index · period`. */
export interface Grid {
  /** Time of index 0, seconds. */
  readonly origin: number;
  /** Time between two positions, seconds. */
  readonly period: number;
}

/** Largest distance in seconds at which a beat lies on a grid: three frames of the network. */
export const ON_GRID_SECONDS = 0.03;

/** Multiples of {@linkcode ON_GRID_SECONDS} within which beats count in each round of a fit. */
const ROUNDS = [2, 1, 1] as const;

/** Largest distance, in periods, from a whole number of them at which a beat is counted. */
const OFF_COUNT = 0.25;

/** Returns the index of the position of a grid that is nearest to a time. */
export function nearestIndex({ origin, period }: Grid, time: number): number {
  return Math.round((time - origin) / period);
}

/** Returns the time of the position of a grid that is nearest to a time, seconds. */
export function nearestPosition(grid: Grid, time: number): number {
  return grid.origin + nearestIndex(grid, time) * grid.period;
}

/** Returns whether a time lies on a grid. */
export function isOnGrid(grid: Grid, time: number): boolean {
  return Math.abs(time - nearestPosition(grid, time)) <= ON_GRID_SECONDS;
}

/**
 * Finds the grid of a few beats. Its period is about the median of the intervals; a gap takes as many positions as beats are
 * missing in it, and a beat between two positions does not count.
 *
 * @param beats `[n]` seconds, ascending, at least two and not all equal
 */
export function gridOfFew(beats: readonly number[]): Grid {
  const intervals = beats.slice(1).map((beat, at) => beat - beats[at]!);
  const period = median(intervals.filter((interval) => interval > 0));
  const points: Point[] = [{ index: 0, time: beats[0]! }];
  for (const time of beats) {
    const last = points.at(-1)!;
    const periods = (time - last.time) / period;
    const whole = Math.round(periods);
    if (whole === 0 || Math.abs(periods - whole) > OFF_COUNT) continue;
    points.push({ index: last.index + whole, time });
  }
  return refineGrid(leastSquares(points) ?? { origin: beats[0]!, period }, beats);
}

/**
 * Fits a grid again, to the beats that lie on it: least squares, in rounds that take in beats of twice the distance first.
 *
 * @param grid grid that is right to within a fraction of a period over all beats
 * @param beats `[n]` seconds, ascending
 */
export function refineGrid(grid: Grid, beats: readonly number[]): Grid {
  let fitted = grid;
  for (const multiple of ROUNDS) {
    const near = beats.filter((time) =>
      Math.abs(time - nearestPosition(fitted, time)) <= multiple * ON_GRID_SECONDS
    );
    fitted = leastSquares(near.map((time) => ({ index: nearestIndex(fitted, time), time }))) ??
      fitted;
  }
  return fitted;
}

interface Point {
  readonly index: number;
  readonly time: number;
}

/** Returns the line with the least squares of its distances in time; null for fewer than two positions. */
function leastSquares(points: readonly Point[]): Grid | null {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [index, time] = [mean((point) => point.index), mean((point) => point.time)];
  const covariance = mean((point) => (point.index - index) * (point.time - time));
  const variance = mean((point) => (point.index - index) ** 2);
  const period = covariance / variance;
  return period > 0 && Number.isFinite(period) ? { origin: time - period * index, period } : null;
}
