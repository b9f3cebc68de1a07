/**
 * How many events of two sequences can be paired.
 *
 * @module
 */

/**
 * The size of a maximum matching: pairs of a reference and an estimate that are at most a window apart, each event in
 * one pair at most.
 *
 * Every estimate can take the references of one interval, and the ends of these intervals ascend with the estimates:
 * for such a graph it is enough to give each estimate in turn the first reference that is left, which is as good as
 * any other maximum matching.
 *
 * @param reference `[n]` seconds, ascending
 * @param estimate `[m]` seconds, ascending
 * @param windowSeconds largest distance of a pair, included
 *
 * Source: mir_eval 0.8.2, `util.match_events`.
 */
export function matchCount(
  reference: readonly number[],
  estimate: readonly number[],
  windowSeconds: number,
): number {
  let count = 0;
  let next = 0;
  for (const time of estimate) {
    // The limits are computed as mir_eval does it, so that a pair at the very edge falls on the same side.
    const [first, last] = [time - windowSeconds, time + windowSeconds];
    while (next < reference.length && reference[next]! < first) next++;
    if (next < reference.length && reference[next]! <= last) {
      count++;
      next++;
    }
  }
  return count;
}
