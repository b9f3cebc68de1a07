import { deepStrictEqual as equal } from "node:assert/strict";
import { parityFigures, qualityFigures } from "./figures_of_reports.ts";

const RESULT = {
  ...{ suite: "seeded", piece: "p", mode: "isolated", stage: "network", seam: "logits.beat" },
  verdict: "pass",
  tolerance: { absolute: 1e-6, relative: 1e-6 },
  comparison: { elements: 10, differing: 9, maxAbsolute: 2e-7, smallestTolerance: 1e-7 },
  upstreamFloat32: { minTolerance: 3e-7, maxAbs: 1 },
};
const NAMED = {
  ...{ suite: "seeded", piece: "p", mode: "isolated", stage: "network", seam: "logits.beat" },
  verdict: "pass",
};

Deno.test("parityFigures() keeps the needed and the allowed tolerance of each seam, also of a missing one", () => {
  const missing = {
    ...RESULT,
    verdict: "fail",
    comparison: { elements: 0, differing: 0, maxAbsolute: null, smallestTolerance: null },
    upstreamFloat32: null,
  };
  equal(
    parityFigures({ suites: [{ results: [RESULT] }, { results: [] }, { results: [missing] }] }),
    [
      { ...NAMED, needs: 1e-7, allowed: 1e-6, upstream: 3e-7 },
      { ...NAMED, verdict: "fail", needs: null, allowed: 1e-6, upstream: null },
    ],
  );
});

Deno.test("parityFigures() keeps the share of 16-bit samples that differ", () => {
  const steps = {
    ...RESULT,
    tolerance: { absolute: 1, relative: 0, differing: 0.01 },
    comparison: { elements: 1000, differing: 2, maxAbsolute: 1, smallestTolerance: 1 },
    upstreamFloat32: { minTolerance: 1, maxAbs: 1, differing: 0.004 },
  };
  equal(parityFigures({ suites: [{ results: [steps] }] }), [
    { ...NAMED, needs: 0.002, allowed: 0.01, upstream: 0.004 },
  ]);
});

Deno.test("qualityFigures() keeps the means that are known", () => {
  const mean = { beatF: 0.5, tempoAccuracy: null };
  equal(
    qualityFigures({
      systems: [{ name: "hpss/embedded", tracks: [{}, {}], failures: [{}, {}], mean }],
    }),
    [
      { system: "hpss/embedded", measure: "beatF", value: 0.5, tracks: 2 },
      { system: "hpss/embedded", measure: "analysed", value: 0.5, tracks: 4 },
    ],
  );
});
