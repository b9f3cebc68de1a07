import { deepStrictEqual as equal } from "node:assert/strict";
import type { SeamName } from "../pipeline/seams.ts";
import { refused } from "./compare.ts";
import { errorGrowth } from "./_growth.ts";
import { OWN_PIPELINE } from "./own_pipeline.ts";
import type { Mode, SeamResult } from "./report.ts";
import { TOLERANCES } from "./tolerances.ts";

function result(
  stage: string,
  seam: SeamName,
  smallestTolerance: number | null,
  mode: Mode = "chained",
  piece = "one",
): SeamResult {
  return {
    ...{ suite: "seeded", piece, mode, stage, seam, verdict: "pass" as const },
    tolerance: TOLERANCES.float,
    comparison: { ...refused(""), smallestTolerance },
    upstreamFloat32: null,
    durationSeconds: 0,
  };
}

Deno.test("errorGrowth() relates each seam to the worst input of its stage", () => {
  const results = [
    result("spectrogram", "spectrogram", 1e-7),
    result("network", "logits.beat", 2e-7),
    result("network", "logits.section", 8e-7),
    result("activations", "activations.beat", 4e-7),
  ];
  const growth = errorGrowth(results, OWN_PIPELINE);
  equal(growth.map(({ from, seam, factor }) => [from, seam, factor]), [
    ["spectrogram", "logits.beat", 2],
    ["spectrogram", "logits.section", 8],
    ["logits.beat", "activations.beat", 2],
  ]);
});

Deno.test("errorGrowth() ignores isolated results and other pieces", () => {
  equal(
    errorGrowth([
      result("spectrogram", "spectrogram", 1e-7, "isolated"),
      result("spectrogram", "spectrogram", 1e-7, "chained", "two"),
      result("network", "logits.beat", 2e-7),
    ], OWN_PIPELINE),
    [],
  );
});

Deno.test("errorGrowth() has no factor for an exact input, and no entry for an unknown one", () => {
  const exact = [result("spectrogram", "spectrogram", 0), result("network", "logits.beat", 2e-7)];
  equal(errorGrowth(exact, OWN_PIPELINE).map(({ factor }) => factor), [null]);
  const unknown = [
    result("spectrogram", "spectrogram", null),
    result("network", "logits.beat", 2e-7),
  ];
  equal(errorGrowth(unknown, OWN_PIPELINE), []);
});
