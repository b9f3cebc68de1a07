/** Judging of stages with inner seams, of a small pipeline. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { type Tensor, tensor } from "../core/tensor.ts";
import { EXACT } from "./compare.ts";
import { takeSample } from "./compare_arrays.ts";
import { judge, type Piece } from "./judge.ts";
import type { PipelineDescription } from "./pipeline_description.ts";
import type { Reference } from "./reference.ts";
import type { Mode, SeamResult, Walk } from "./report.ts";
import { TOLERANCES } from "./tolerances.ts";

const FLOAT = { judgement: "float", tolerance: TOLERANCES.float, axes: ["frames"] } as const;

/** A stage with a float output, then one with a discrete output. */
const PIPELINE: PipelineDescription = {
  name: "trial",
  seams: {
    window: FLOAT,
    product: FLOAT,
    smooth: FLOAT,
    mean: { ...FLOAT, from: ["smooth"] },
    excess: FLOAT,
    peaks: { judgement: "equal", tolerance: EXACT },
  },
  stages: [
    { name: "smoothing", inputs: [], inner: ["window", "product"], outputs: ["smooth"] },
    { name: "picking", inputs: ["smooth"], inner: ["mean", "excess"], outputs: ["peaks"] },
  ],
};

function ramp(change = 0, at = 5): Tensor<"f32"> {
  const data = Float32Array.from({ length: 50 }, (_, index) => index / 50);
  data[at]! += change;
  return tensor("f32", [50], data);
}

const CORRECT: Readonly<Record<string, Tensor>> = {
  ...{ window: ramp(), product: ramp(), smooth: ramp(), mean: ramp(), excess: ramp() },
  peaks: tensor("i32", [1], Int32Array.of(3)),
};

/** Judges a stage whose seams are correct but for some; undefined for one that is not written. */
async function judged(
  stage: string,
  changes: Readonly<Record<string, Tensor | undefined>>,
  { mode = "isolated", references = {} }: {
    mode?: Mode;
    references?: Readonly<Record<string, Reference | undefined>>;
  } = {},
): Promise<{ results: SeamResult[]; verdicts: string[]; walks: Walk[] }> {
  const all = Object.entries(CORRECT).map(([seam, array]): [string, Reference | undefined] => {
    const stored = { path: seam, array, upstreamFloat32: null };
    return [seam, seam in references ? references[seam] : stored];
  });
  const piece: Piece = {
    ...{ suite: "port", name: "noise", given: {} },
    references: new Map(
      all.filter((entry): entry is [string, Reference] => entry[1] !== undefined),
    ),
  };
  const walks: Walk[] = [];
  const outcome = { stage, seams: { ...CORRECT, ...changes }, durationSeconds: 1 };
  const results = await judge(PIPELINE, piece, outcome, {
    ...{ mode, mayDrift: true },
    onWalk: (walk) => walks.push(walk),
  });
  const verdicts = results.map(({ seam, verdict }) => `${seam} ${verdict}`);
  return { results, verdicts, walks };
}

Deno.test("judge() judges inner seams of a stage whose outputs are discrete, and walks to the first wrong one", async () => {
  const { verdicts, walks: [walk] } = await judged("picking", {
    mean: ramp(1e-4),
    excess: ramp(1e-4),
  });
  equal(verdicts, ["mean fail", "excess fail", "peaks pass"]);
  equal([walk?.stage, walk?.subject, walk?.first?.seam], [
    ...["picking", "port, noise, isolated", "mean"],
  ]);
  equal(walk?.of, { suite: "port", piece: "noise", mode: "isolated" });
  equal(walk?.steps.map(({ seam, inputs, verdict }) => [seam, inputs, verdict]), [
    ["mean", [], "fail"],
    ["excess", ["mean"], "fail"],
    ["peaks", ["excess"], "pass"],
  ]);
});

Deno.test("judge() does not judge inner seams of a stage with a float output, but walks where it fails", async () => {
  const passing = await judged("smoothing", { window: ramp(1e-4) });
  equal([passing.verdicts, passing.walks], [["smooth pass"], []]);
  const { verdicts, walks: [walk] } = await judged("smoothing", {
    ...{ product: ramp(1e-4), smooth: ramp(1e-4) },
  });
  equal([verdicts, walk?.first?.seam], [["smooth fail"], "product"]);
  const last = await judged("smoothing", { smooth: ramp(1e-4) });
  equal(last.walks[0]?.first?.seam, "smooth");
});

Deno.test("judge() neither judges nor walks where a program wrote no inner seam, and fails where it lacks one", async () => {
  const none = await judged("picking", {
    ...{ mean: undefined, excess: undefined, peaks: tensor("i32", [1], Int32Array.of(4)) },
  });
  equal([none.verdicts, none.walks], [["peaks fail"], []]);
  const { verdicts, results, walks } = await judged("picking", { mean: undefined });
  equal(verdicts, ["mean fail", "excess pass", "peaks pass"]);
  equal([results[0]?.comparison.reason, walks[0]?.first?.seam], ["the output is missing", "mean"]);
});

Deno.test("judge() fails an inner seam that has no reference, and tells the remedy", async () => {
  const { verdicts, results } = await judged("picking", {}, { references: { excess: undefined } });
  equal(verdicts, ["mean pass", "excess fail", "peaks pass"]);
  match(results[1]!.comparison.reason!, /reference is missing: record the references again$/);
});

Deno.test("judge() reports inner seams that drift in chained mode", async () => {
  const { verdicts, walks } = await judged("picking", { mean: ramp(1e-4) }, { mode: "chained" });
  equal([verdicts, walks], [["mean reported", "excess pass", "peaks pass"], []]);
});

Deno.test("judge() finds an error of an inner seam outside of the stored elements", async () => {
  const { elements, sample } = await takeSample(CORRECT["mean"]!, 4);
  const array = tensor("f32", [4], elements as Float32Array);
  const outside = Array.from(CORRECT["mean"]!.data as Float32Array).findIndex((value) =>
    !array.data.includes(value)
  );
  const references = { mean: { path: "mean", array, upstreamFloat32: null, sample } };
  const correct = await judged("picking", {}, { references });
  equal(correct.verdicts, ["mean pass", "excess pass", "peaks pass"]);
  const { results, walks } = await judged("picking", { mean: ramp(0.5, outside) }, { references });
  match(
    results[0]!.comparison.reason!,
    /^the mean of all elements is .* while all stored elements/,
  );
  equal(walks[0]?.first?.seam, "mean");
});
