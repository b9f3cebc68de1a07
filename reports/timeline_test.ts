import { deepStrictEqual as equal } from "node:assert/strict";
import { timelineOf, timelineSums } from "./timeline.ts";

const at = (
  stage: string,
  start: number,
  end: number,
): { stage: string; start: number; end: number; track: null } => ({
  stage,
  start,
  end,
  track: null,
});

Deno.test("timelineOf() has one row for each stage, in the order of their start", () => {
  const { rows, seconds } = timelineOf([
    at("network", 3, 4),
    at("decode", 0, 2),
    at("network", 1, 2),
  ]);
  equal(rows.map(({ stage, bars }) => [stage, bars.length]), [["decode", 1], ["network", 2]]);
  equal(rows[1]!.bars[0]!.start, 1);
  equal(seconds, 4);
  equal(timelineOf([at("decode", 0, 2)], 5).seconds, 5);
});

Deno.test("timelineOf() puts the parts of a stage below it, if the stage is present", () => {
  const parts = [at("metrical_dbn", 5, 7), at("functional_probs", 7, 8)];
  const named = (records: Parameters<typeof timelineOf>[0]): unknown =>
    timelineOf(records).rows.map(({ stage, parent }) => [stage, parent]);
  equal(named([...parts, at("postprocess", 5, 8), at("save", 8, 9), at("nn", 0, 5)]), [
    ["nn", null],
    ["postprocess", null],
    ["metrical_dbn", "postprocess"],
    ["functional_probs", "postprocess"],
    ["save", null],
  ]);
  equal(named(parts), [["metrical_dbn", null], ["functional_probs", null]]);
});

Deno.test("timelineSums() counts overlap once in the covered time, and does not count parts", () => {
  const timeline = timelineOf([
    at("weights", 0, 2),
    at("decode", 1, 3),
    at("postprocess", 5, 8),
    at("metrical_dbn", 5, 8),
  ]);
  equal(timelineSums(timeline), { stages: 7, covered: 6 });
});
