/**
 * Which events of two sequences are the same, which moved, and which only one of them has.
 *
 * @module
 */

/** An event of both sequences, at two times. */
export interface MovedEvent {
  /** Seconds. */
  readonly expected: number;
  /** Seconds. */
  readonly actual: number;
}

/** How two sequences of events differ. */
export interface EventDifferences {
  /** How many events are in both at the same time. */
  readonly same: number;
  /** Those that are in both, at different times within the window. */
  readonly moved: readonly MovedEvent[];
  /** Seconds of those that only the first has. */
  readonly missing: readonly number[];
  /** Seconds of those that only the second has. */
  readonly inserted: readonly number[];
}

/** Times that differ by less are the same: a nanosecond, as in the seams. */
const SAME_SECONDS = 1e-9;

/**
 * Pairs the events of two sequences, as many as can be, in order.
 *
 * @param expected `[n]` seconds, ascending
 * @param actual `[m]` seconds, ascending
 * @param windowSeconds largest distance of a pair
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { eventDifferences } from "./event_differences.ts";
 * deepStrictEqual(eventDifferences([0, 1, 2], [0, 1.01, 3], 0.07), {
 *   same: 1,
 *   moved: [{ expected: 1, actual: 1.01 }],
 *   missing: [2],
 *   inserted: [3],
 * });
 * ```
 */
export function eventDifferences(
  expected: readonly number[],
  actual: readonly number[],
  windowSeconds: number,
): EventDifferences {
  let same = 0;
  const moved: MovedEvent[] = [];
  const missing: number[] = [];
  const inserted: number[] = [];
  let next = 0;
  for (const time of actual) {
    while (next < expected.length && expected[next]! < time - windowSeconds) {
      missing.push(expected[next++]!);
    }
    const candidate = expected[next];
    if (candidate === undefined || candidate > time + windowSeconds) {
      inserted.push(time);
      continue;
    }
    if (Math.abs(candidate - time) <= SAME_SECONDS) same++;
    else moved.push({ expected: candidate, actual: time });
    next++;
  }
  return { same, moved, missing: [...missing, ...expected.slice(next)], inserted };
}
