import { deepStrictEqual as equal } from "node:assert/strict";
import { eventDifferences } from "./event_differences.ts";
import { matchCount } from "./match_events.ts";

Deno.test("eventDifferences() tells what is the same, moved, missing and inserted", () => {
  equal(eventDifferences([1, 2, 3, 4], [1, 2.05, 3.5, 4], 0.07), {
    same: 2,
    moved: [{ expected: 2, actual: 2.05 }],
    missing: [3],
    inserted: [3.5],
  });
});

Deno.test("eventDifferences() of nothing", () => {
  equal(eventDifferences([], [], 0.07), { same: 0, moved: [], missing: [], inserted: [] });
  equal(eventDifferences([1], [], 0.07).missing, [1]);
  equal(eventDifferences([], [1], 0.07).inserted, [1]);
});

Deno.test("eventDifferences() pairs as many events as mir_eval's matching does", () => {
  let state = 1;
  const random = (): number => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  for (let trial = 0; trial < 300; trial++) {
    const times = (): number[] =>
      Array.from({ length: Math.floor(30 * random()) }, () => random()).sort((a, b) => a - b);
    const [expected, actual] = [times(), times()];
    const { same, moved, missing, inserted } = eventDifferences(expected, actual, 0.05);
    const pairs = same + moved.length;
    equal(pairs, matchCount(expected, actual, 0.05));
    equal([pairs + missing.length, pairs + inserted.length], [expected.length, actual.length]);
  }
});
