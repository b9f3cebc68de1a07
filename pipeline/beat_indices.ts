/**
 * Numbers of beats on a grid in which beats are missing, and to which beats are added.
 *
 * @module
 */

import { median } from "./order_statistics.ts";

/** Intervals on either side of a beat from which its local period is taken. */
const NEIGHBOURS = 8;

/** Share by which an interval may differ from the median of its neighbours to count for the local period. */
const LIKE_NEIGHBOURS = 0.15;

/** Distance from a whole number of periods, in periods, beyond which a beat is not on the count. */
const OFF_COUNT = 0.25;

/** Beats in a row that are not on the count before the count starts anew at the next one. */
const PATIENCE = 4;

/**
 * Numbers beats by rounding the time since the last numbered beat to whole periods, so that a gap takes as many numbers as beats
 * are missing. A beat between two numbers gets none: it was added, or starts a part of double tempo.
 *
 * The period is local: the mean of the intervals around a beat, each first brought by octaves next to the median of all
 * intervals. Where the count is lost, because time jumps, it goes on at the next beat.
 *
 * @param beats `[n]` seconds, ascending
 * @returns `[n]` ascending whole numbers from 0; null for a beat that is not on the count
 */
export function indexBeats(beats: readonly number[]): (number | null)[] {
  const periods = localPeriods(beats);
  const indices: (number | null)[] = [];
  let last = { index: 0, time: beats[0] ?? 0 };
  let missed = 0;
  for (const [at, time] of beats.entries()) {
    const periodsPassed = (time - last.time) / (periods[at] ?? 1);
    const whole = Math.round(periodsPassed);
    const isOnCount = at === 0 || (whole > 0 && Math.abs(periodsPassed - whole) <= OFF_COUNT);
    if (!isOnCount && missed < PATIENCE) {
      missed++;
      indices.push(null);
      continue;
    }
    missed = 0;
    last = { index: last.index + (at === 0 ? 0 : Math.max(1, whole)), time };
    indices.push(last.index);
  }
  return indices;
}

/** Returns the period around each beat, seconds. */
function localPeriods(beats: readonly number[]): number[] {
  const intervals = beats.slice(1).map((beat, at) => beat - beats[at]!);
  const typical = median(intervals.filter((interval) => interval > 0));
  const reduced = intervals.map((interval) =>
    interval > 0 ? interval * 2 ** -Math.round(Math.log2(interval / typical)) : typical
  );
  return beats.map((_, at) => {
    const around = reduced.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS);
    const middle = median(around);
    const like = around.filter((one) => Math.abs(one / middle - 1) <= LIKE_NEIGHBOURS);
    return like.length === 0 ? middle : like.reduce((sum, one) => sum + one, 0) / like.length;
  });
}
