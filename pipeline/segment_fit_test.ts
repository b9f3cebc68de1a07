import { deepStrictEqual as equal } from "node:assert/strict";
import type { Segment } from "./result.ts";
import { fitSegments } from "./segment_fit.ts";

/** Returns segments from their labels and ends. */
function segments(...parts: [label: string, end: number][]): Segment[] {
  return parts.map(([label, end], at) => ({ start: parts[at - 1]?.[1] ?? 0, end, label }));
}

const FOUND = segments(
  ...[["start", 0.01], ["intro", 8.1], ["verse", 15.7], ["verse", 24.2]] as [string, number][],
  ...[["chorus", 25], ["verse", 31.9], ["end", 33]] as [string, number][],
);

/** Bars of two seconds. */
const DOWNBEATS = Array.from({ length: 17 }, (_, bar) => 0.2 + 2 * bar);

Deno.test("fitSegments() changes nothing by default", () => {
  equal(fitSegments(FOUND, DOWNBEATS, {}), FOUND);
  equal(fitSegments(FOUND, DOWNBEATS, { minSegmentSeconds: 0.01, merge: false }), FOUND);
  equal(fitSegments([], [], { snap: "downbeat", merge: true, minSegmentSeconds: 1 }), []);
});

Deno.test("fitSegments() moves boundaries to the nearest downbeats", () => {
  equal(
    fitSegments(FOUND, DOWNBEATS, { snap: "downbeat" }),
    // The chorus from 24.2 to 25 keeps no time: both of its boundaries move to 24.2.
    segments(
      ...[["start", 0.2], ["intro", 8.2], ["verse", 16.2], ["verse", 24.2]] as [string, number][],
      ...[["verse", 32.2], ["end", 33]] as [string, number][],
    ),
  );
});

Deno.test("fitSegments() takes the earlier of two downbeats that are as near", () => {
  const found = fitSegments(segments(["a", 5], ["b", 9]), [4, 6], { snap: "downbeat" });
  equal(found, segments(["a", 4], ["b", 9]));
});

Deno.test("fitSegments() does not move boundaries without downbeats, nor to start or end", () => {
  equal(fitSegments(FOUND, [], { snap: "downbeat" }), FOUND);
  equal(fitSegments(FOUND, [0, 33, 40], { snap: "downbeat" }), FOUND);
});

Deno.test("fitSegments() joins neighbours of one label", () => {
  equal(
    fitSegments(FOUND, DOWNBEATS, { merge: true }),
    segments(
      ...[["start", 0.01], ["intro", 8.1], ["verse", 24.2], ["chorus", 25]] as [string, number][],
      ...[["verse", 31.9], ["end", 33]] as [string, number][],
    ),
  );
});

Deno.test("fitSegments() gives short segments to their longer neighbours", () => {
  equal(
    fitSegments(FOUND, DOWNBEATS, { minSegmentSeconds: 2 }),
    segments(["intro", 8.1], ["verse", 15.7], ["verse", 25], ["verse", 33]),
  );
  equal(fitSegments(FOUND, DOWNBEATS, { minSegmentSeconds: 100 }).length, 1);
});

Deno.test("fitSegments() joins neighbours again when the segment between them is gone", () => {
  equal(
    fitSegments(FOUND, DOWNBEATS, { snap: "downbeat", merge: true, minSegmentSeconds: 2 }),
    segments(["intro", 8.2], ["verse", 33]),
  );
});
