import { deepStrictEqual as equal } from "node:assert/strict";
import { everyMeasure } from "../evaluation/scores.ts";
import { refused } from "../parity/compare.ts";
import type { Comparison, SeamResult, SuiteReport } from "../parity/report.ts";
import { parityFigures, qualityFigures } from "./figures_of_reports.ts";

const MISSING = refused("the output is missing");
const UPSTREAM = { minTolerance: 3e-7, maxAbs: 1, maxRel: 1 };
const NAMED = {
  suite: "seeded",
  piece: "p",
  mode: "isolated",
  stage: "network",
  seam: "logits.beat",
  verdict: "pass",
} as const;
const RESULT: SeamResult = {
  ...NAMED,
  tolerance: { absolute: 1e-6, relative: 1e-6 },
  comparison: compared({ elements: 10, differing: 9, maxAbsolute: 2e-7, smallestTolerance: 1e-7 }),
  upstreamFloat32: UPSTREAM,
  durationSeconds: 1,
};

function compared(figures: Partial<Comparison>): Comparison {
  return { ...MISSING, passed: true, ...figures };
}

function suite(...results: readonly SeamResult[]): SuiteReport {
  const named = { suite: "seeded", implementation: "native", model: "seeded-all" };
  return { ...named, results, growth: [], first: [] };
}

Deno.test("parityFigures() keeps the needed and the allowed tolerance of each seam, also of a missing one", () => {
  const missing: SeamResult = {
    ...{ ...RESULT, verdict: "fail", comparison: MISSING },
    upstreamFloat32: null,
  };
  equal(parityFigures({ suites: [suite(RESULT), suite(), suite(missing)] }), [
    { ...NAMED, needs: 1e-7, allowed: 1e-6, upstream: 3e-7 },
    { ...NAMED, verdict: "fail", needs: null, allowed: 1e-6, upstream: null },
  ]);
});

Deno.test("parityFigures() keeps the share of 16-bit samples that differ", () => {
  const samples: SeamResult = {
    ...RESULT,
    tolerance: { absolute: 1, relative: 0, differing: 0.01 },
    comparison: compared({ elements: 1000, differing: 2, maxAbsolute: 1, smallestTolerance: 1 }),
    upstreamFloat32: { ...UPSTREAM, minTolerance: 1, differing: 0.004 },
  };
  equal(parityFigures({ suites: [suite(samples)] }), [
    { ...NAMED, needs: 0.002, allowed: 0.01, upstream: 0.004 },
  ]);
});

Deno.test("qualityFigures() keeps the means that are known", () => {
  const mean = { ...everyMeasure(() => null), beat_f: 0.5 };
  const failures = ["a", "b"].map((track) => ({ track, reason: "unreadable" }));
  const tracks = ["c", "d"].map((track) => ({ track, scores: mean }));
  equal(
    qualityFigures({
      systems: [{ name: "hpss/embedded", weights: [], tracks, failures, mean }],
    }),
    [
      { system: "hpss/embedded", measure: "beat_f", value: 0.5, tracks: 2 },
      { system: "hpss/embedded", measure: "analysed", value: 0.5, tracks: 4 },
    ],
  );
});
