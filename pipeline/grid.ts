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

/** Multiples of {@linkcode ON_GRID_SECONDS} within which beats count in each round of the fit. */
const ROUNDS = [3, 2, 1, 1, 1, 1, 1, 1];

/** Returns the time of the position of a grid that is next to a time, seconds. */
export function nearestPosition({ origin, period }: Grid, time: number): number {
  return origin + Math.round((time - origin) / period) * period;
}

/** Returns whether a time lies on a grid. */
export function isOnGrid(grid: Grid, time: number): boolean {
  return Math.abs(time - nearestPosition(grid, time)) <= ON_GRID_SECONDS;
}

/**
 * Fits a grid to numbered beats: least squares over the beats within {@linkcode ON_GRID_SECONDS} of it, found in rounds that start
 * from medians, so that a minority of stray beats does not count.
 *
 * @param beats `[n]` seconds, ascending, at least two
 * @param indices `[n]` number of each beat, as {@linkcode indexBeats} returns them; those without do not count
 */
export function fitGrid(beats: readonly number[], indices: readonly (number | null)[]): Grid {
  const points = beats.flatMap((time, at) => {
    const index = indices[at];
    return index === null || index === undefined ? [] : [{ index, time }];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    const period = median(beats.slice(1).map((beat, at) => beat - beats[at]!));
    return { origin: beats[0] ?? 0, period };
  }
  let grid = gridOfMedians(points);
  for (const multiple of ROUNDS) {
    const near = points.filter(({ index, time }) =>
      Math.abs(time - (grid.origin + index * grid.period)) <= multiple * ON_GRID_SECONDS
    );
    grid = leastSquares(near) ?? grid;
  }
  return grid;
}

interface Point {
  readonly index: number;
  readonly time: number;
}

/** Returns the grid whose period is the median over pairs that are half of the points apart. */
function gridOfMedians(points: readonly Point[]): Grid {
  const apart = Math.max(1, Math.floor(points.length / 2));
  const period = median(
    points.slice(apart).map(({ index, time }, at) => {
      const before = points[at]!;
      return (time - before.time) / (index - before.index);
    }),
  );
  return { origin: median(points.map(({ index, time }) => time - index * period)), period };
}

/** Returns the line with the least squares of its distances in time; null for fewer than two points. */
function leastSquares(points: readonly Point[]): Grid | null {
  if (points.length < 2) return null;
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [index, time] = [mean((point) => point.index), mean((point) => point.time)];
  const covariance = mean((point) => (point.index - index) * (point.time - time));
  const variance = mean((point) => (point.index - index) ** 2);
  const period = covariance / variance;
  return period > 0 ? { origin: time - period * index, period } : null;
}
