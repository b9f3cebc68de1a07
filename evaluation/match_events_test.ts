import { deepStrictEqual as equal } from "node:assert/strict";
import { hash32 } from "../core/counter_random.ts";
import { matchCount } from "./match_events.ts";

/** A maximum matching by augmenting paths over every pair, which knows nothing of order. */
function plainMatchCount(
  reference: readonly number[],
  estimate: readonly number[],
  window: number,
): number {
  const matchOf = new Map<number, number>();
  const assign = (e: number, seen: Set<number>): boolean => {
    const time = estimate[e]!;
    for (const [r, other] of reference.entries()) {
      if (seen.has(r) || other < time - window || other > time + window) continue;
      seen.add(r);
      const taken = matchOf.get(r);
      if (taken === undefined || assign(taken, seen)) {
        matchOf.set(r, e);
        return true;
      }
    }
    return false;
  };
  return estimate.filter((_, e) => assign(e, new Set())).length;
}

/** Events on a grid of 10 ms, so that many lie exactly a window apart, and some at one time. */
function events(seed: number, count: number): number[] {
  const times = Array.from({ length: count }, (_, at) => (hash32(1000 * seed + at) % 200) / 100);
  return times.sort((a, b) => a - b);
}

Deno.test("matchCount() finds as many pairs as a search over all matchings", () => {
  for (let seed = 0; seed < 200; seed++) {
    const reference = events(2 * seed, seed % 40);
    const estimate = events(2 * seed + 1, (7 * seed) % 40);
    for (const window of [0, 0.03, 0.07, 0.5]) {
      const message = `seed ${seed}, window ${window}`;
      equal(
        matchCount(reference, estimate, window),
        plainMatchCount(reference, estimate, window),
        message,
      );
    }
  }
});

Deno.test("matchCount() takes a pair at the edge of the window, and each event once", () => {
  equal(matchCount([1], [1.5], 0.5), 1);
  equal(matchCount([1], [1.5000001], 0.5), 0);
  equal(matchCount([1, 1], [1], 0.5), 1);
  equal(matchCount([1], [1, 1], 0.5), 1);
  equal(matchCount([], [1], 0.5), 0);
});
