import { deepStrictEqual as equal } from "node:assert/strict";
import type { Segment } from "../pipeline/result.ts";
import { spanning } from "./segment_span.ts";

const segment = (start: number, end: number, label: string): Segment => ({ start, end, label });

Deno.test("spanning() fills both ends and crops", () => {
  const segments = [segment(2, 4, "a"), segment(4, 9, "b")];
  equal(spanning(segments, 10), [
    segment(0, 2, "__T_MIN"),
    ...segments,
    segment(9, 10, "__T_MAX"),
  ]);
  equal(spanning(segments, 5), [segment(0, 2, "__T_MIN"), segment(2, 4, "a"), segment(4, 5, "b")]);
  equal(spanning(segments), [segment(0, 2, "__T_MIN"), ...segments]);
});

Deno.test("spanning() makes one segment of none, and of those that all lie outside", () => {
  equal(spanning([], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([segment(10, 12, "a")], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([segment(11, 12, "a")], 10), [segment(0, 10, "__T_MIN")]);
  equal(spanning([]), []);
});

Deno.test("spanning() leaves out a segment that starts where the truth ends, which mir_eval refuses", () => {
  equal(spanning([segment(0, 10, "a"), segment(10, 12, "b")], 10), [segment(0, 10, "a")]);
});
