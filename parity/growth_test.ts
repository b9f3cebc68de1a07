import { deepStrictEqual as equal } from "node:assert/strict";
import type { SeamName } from "../pipeline/seams.ts";
import { refused } from "./compare.ts";
import { errorGrowth } from "./growth.ts";
import { type Mode, type SeamResult, TOLERANCES } from "./judge.ts";

function result(
  stage: string,
  seam: SeamName,
  smallestTolerance: number,
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

Deno.test("errorGrowth() puts each seam beside the worst that its stage was fed", () => {
  const results = [
    result("spectrogram", "spectrogram", 1e-7),
    result("network", "logits.beat", 2e-7),
    result("network", "logits.section", 8e-7),
    result("activations", "activations.beat", 4e-7),
  ];
  const growth = errorGrowth(results);
  equal(growth.map(({ from, seam, factor }) => [from, seam, factor]), [
    ["spectrogram", "logits.beat", 2],
    ["spectrogram", "logits.section", 8],
    ["logits.beat", "activations.beat", 2],
  ]);
});

Deno.test("errorGrowth() looks neither at isolated results nor at other pieces", () => {
  equal(
    errorGrowth([
      result("spectrogram", "spectrogram", 1e-7, "isolated"),
      result("spectrogram", "spectrogram", 1e-7, "chained", "two"),
      result("network", "logits.beat", 2e-7),
    ]),
    [],
  );
});

Deno.test("errorGrowth() has no factor where what came in is exact, and no entry where it is unknown", () => {
  const exact = [result("spectrogram", "spectrogram", 0), result("network", "logits.beat", 2e-7)];
  equal(errorGrowth(exact).map(({ factor }) => factor), [null]);
  const unknown = [
    result("spectrogram", "spectrogram", NaN),
    result("network", "logits.beat", 2e-7),
  ];
  equal(errorGrowth(unknown), []);
});
