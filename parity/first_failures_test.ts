import { deepStrictEqual as equal } from "node:assert/strict";
import { refused } from "./compare.ts";
import { firstFailures } from "./first_failures.ts";
import type { PipelineDescription } from "./pipeline_description.ts";
import type { Mode, SeamResult } from "./report.ts";

const PIPELINE: PipelineDescription = {
  name: "trial",
  seams: {},
  stages: [
    { name: "load", inputs: [], outputs: ["a"] },
    { name: "left", inputs: ["a"], outputs: ["b"] },
    { name: "right", inputs: ["a"], outputs: ["c", "d"] },
    { name: "join", inputs: ["b", "c"], outputs: ["e"] },
  ],
};

function failed(
  stage: string,
  seam: string,
  mode: Mode,
  verdict: SeamResult["verdict"] = "fail",
): SeamResult {
  return {
    ...{ suite: "one", piece: "p", mode, stage, seam, verdict },
    ...{ tolerance: { absolute: 0, relative: 0 }, comparison: refused("x") },
    ...{ upstreamFloat32: null, durationSeconds: null },
  };
}

const namesOf = (results: readonly SeamResult[]): unknown[] =>
  firstFailures(results, PIPELINE).map(({ mode, stage, seams }) => [mode, stage, seams]);

Deno.test("firstFailures() names in chained mode the stages that fail while none before them does", () => {
  const results = [failed("right", "c", "chained"), failed("join", "e", "chained")];
  equal(namesOf(results), [["chained", "right", ["c"]]]);
  equal(namesOf([...results, failed("left", "b", "chained")]), [
    ["chained", "left", ["b"]],
    ["chained", "right", ["c"]],
  ]);
  // What lies between may be right by chance.
  equal(namesOf([failed("load", "a", "chained"), failed("join", "e", "chained")]), [
    ["chained", "load", ["a"]],
  ]);
});

Deno.test("firstFailures() names in isolated mode every stage that fails", () => {
  const results = [failed("right", "d", "isolated"), failed("join", "e", "isolated")];
  equal(namesOf(results), [["isolated", "right", ["d"]], ["isolated", "join", ["e"]]]);
});

Deno.test("firstFailures() ignores seams that are reported only", () => {
  equal(namesOf([failed("join", "e", "chained", "reported")]), []);
});
