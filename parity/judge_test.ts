import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { SeamName, Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { judge, type Piece, unreferenced } from "./judge.ts";
import type { Reference } from "./reference.ts";
import { OWN_PIPELINE } from "./own_pipeline.ts";
import type { Mode, SeamResult } from "./report.ts";

function stageOf(name: string): Stage {
  return STAGES.find((stage) => stage.name === name) as Stage;
}

function piece(seam: SeamName, array: Tensor, more: Partial<Reference> = {}): Piece {
  return {
    suite: "seeded",
    name: "four_four",
    references: new Map([[seam, { path: "", array, upstreamFloat32: null, ...more }]]),
    given: { stems16: tensor("i16", [4, 2, 0], new Int16Array()) },
  };
}

/** Judges the outputs of a stage whose float seams may drift in chained mode. */
function judged(
  piece: Piece,
  mode: Mode,
  stage: string,
  seams: Partial<Seams>,
  mayDrift = true,
): Promise<SeamResult[]> {
  return judge(OWN_PIPELINE, piece, { stage, seams, durationSeconds: 0 }, { mode, mayDrift });
}

/** Judges a clip whose reference of `stems16` is silence, on samples that differ by the given steps. */
async function judgeSteps(steps: readonly number[]): Promise<SeamResult> {
  const stems16 = (values: Int16Array): Tensor<"i16"> => tensor("i16", [1, 1, 300], values);
  const given = { mixture: tensor("f32", [2, 0], new Float32Array()) };
  const clip: Piece = { ...piece("stems16", stems16(new Int16Array(300))), given };
  const values = new Int16Array(300);
  values.set(steps);
  return (await judged(clip, "chained", "demix", { stems16: stems16(values) }))[0]!;
}

function f32(...values: number[]): Tensor<"f32"> {
  return tensor("f32", [values.length], Float32Array.from(values));
}

async function verdict(
  stage: string,
  seam: SeamName,
  actual: Tensor | undefined,
  reference: Tensor,
  mode: Mode = "isolated",
  more: Partial<Reference> = {},
): Promise<SeamResult["verdict"] | undefined> {
  const outputs = (actual === undefined ? {} : { [seam]: actual }) as Partial<Seams>;
  return (await judged(piece(seam, reference, more), mode, stage, outputs))[0]?.verdict;
}

Deno.test("judge() passes a seam within tolerance and fails one outside", async () => {
  equal(await verdict("network", "logits.beat", f32(1), f32(1)), "pass");
  equal(await verdict("network", "logits.beat", f32(1.00001), f32(1)), "fail");
});

Deno.test("judge() draws the errors of a seam that fails, and only of one that was compared", async () => {
  const frames = (values: readonly number[]): Tensor => f32(...values);
  const reference = Array<number>(400).fill(0);
  const result = async (values: readonly number[]): Promise<SeamResult> => {
    const outputs = { "logits.beat": frames(values) } as Partial<Seams>;
    const one = piece("logits.beat", frames(reference));
    return (await judged(one, "isolated", "network", outputs))[0]!;
  };
  const { picture, comparison } = await result(reference.with(399, 1e-3).with(0, 1e-7));
  equal([picture?.rowAxis, picture?.columnAxis, picture?.cells.length], [null, "frames", 1]);
  equal([picture?.cells[0]?.[0], picture?.cells[0]?.at(-1)], [1e-7, 1e-3].map(Math.fround));
  equal(comparison.decades, [{ exponent: -7, count: 1 }, { exponent: -3, count: 1 }]);
  equal((await result(reference)).picture, undefined);
  equal((await result([1])).picture, undefined);
});

Deno.test("judge() allows stems half of upstream's own error where that exceeds 1e-6, and no more", async () => {
  const stems = (value: number): Tensor => tensor("f32", [1, 1, 1], Float32Array.of(value));
  const judged = (value: number, minTolerance: number): Promise<string | undefined> => {
    const upstreamFloat32 = { maxAbs: minTolerance, maxRel: 0, minTolerance };
    return verdict("demix", "stems", stems(value), stems(0), "isolated", { upstreamFloat32 });
  };
  equal(await judged(4.9e-6, 1e-5), "pass");
  equal(await judged(5.1e-6, 1e-5), "fail");
  equal(await judged(0.9e-6, 1.6e-6), "pass");
  equal(await judged(1.1e-6, 1.6e-6), "fail");
  await rejects(judged(0, 2.1e-5), /expected at most/);
});

Deno.test("judge() fails on a seam that the stage did not compute", async () => {
  equal(await verdict("network", "logits.beat", undefined, f32(1)), "fail");
  equal(await verdict("network", "logits.beat", undefined, f32(1), "chained"), "fail");
});

Deno.test("judge() reports, and does not fail, float seams that drift in chained mode", async () => {
  equal(await verdict("network", "logits.beat", f32(1.00001), f32(1), "chained"), "reported");
});

Deno.test("judge() fails float seams in chained mode where no isolated mode judges them", async () => {
  const results = await judged(
    piece("logits.beat", f32(1)),
    "chained",
    "network",
    { "logits.beat": f32(1.00001) },
    false,
  );
  equal(results.map(({ verdict }) => verdict), ["fail"]);
});

Deno.test("judge() fails in chained mode on the first seam, on discrete seams, on shape and on NaN", async () => {
  const image = (value: number): Tensor => tensor("f32", [1, 1, 1], Float32Array.of(value));
  equal(await verdict("spectrogram", "spectrogram", image(1.00001), image(1), "chained"), "fail");
  const labels = (value: number): Tensor => tensor("i32", [1], Int32Array.of(value));
  equal(await verdict("functional", "labels", labels(1), labels(2), "chained"), "fail");
  equal(await verdict("network", "logits.beat", f32(1, 1), f32(1), "chained"), "fail");
  equal(await verdict("network", "logits.beat", f32(NaN), f32(1), "chained"), "fail");
});

Deno.test("judge() fails in chained mode on stems that were computed from the given mixture", async () => {
  const stems = (value: number): Tensor<"f32"> => tensor("f32", [1, 1, 1], Float32Array.of(value));
  const given = { mixture: tensor("f32", [2, 0], new Float32Array()) };
  const clip: Piece = { ...piece("stems", stems(1)), given };
  const outputs = { stems: stems(1.00001) };
  equal((await judged(clip, "chained", "demix", outputs))[0]?.verdict, "fail");
});

Deno.test("judge() allows 16-bit samples one step in 1 % of the samples", async () => {
  equal((await judgeSteps([1, -1, 1])).verdict, "pass");
  equal((await judgeSteps([1, -1, 1, 1])).verdict, "fail");
  equal((await judgeSteps([2])).verdict, "fail");
  equal((await judgeSteps([1, -1, 1])).comparison.differing, 3);
});

Deno.test("judge() allows times a nanosecond", async () => {
  const time = (value: number): Tensor => tensor("f64", [1], Float64Array.of(value));
  equal(await verdict("metrical", "beats", time(1 + 5e-10), time(1)), "pass");
  equal(await verdict("metrical", "beats", time(1 + 5e-9), time(1)), "fail");
});

const upstreamFloat32 = { maxAbs: 4e-6, maxRel: 1, minTolerance: 3e-6 };

Deno.test("judge() allows single folds upstream's own error, and the mean of folds only 1e-6", async () => {
  const embeddings = (value: number): Tensor => tensor("f32", [1, 1, 1, 1], Float32Array.of(value));
  const more = { upstreamFloat32 };
  const off = [embeddings(2e-6), embeddings(0)] as const;
  equal(await verdict("network", "embeddings", ...off, "isolated", more), "pass");
  equal(await verdict("network", "embeddings", ...off, "isolated"), "fail");
  equal(await verdict("network", "logits.beat", f32(2e-6), f32(0), "isolated", more), "fail");
});

Deno.test("judge() compares the first frames where the reference has only those", async () => {
  const whole = tensor("f32", [2, 3, 1, 1], Float32Array.of(1, 2, 9, 3, 4, 9));
  const first = tensor("f32", [2, 2, 1, 1], Float32Array.of(1, 2, 3, 4));
  const more = { firstFrames: 2 };
  equal(await verdict("network", "embeddings", whole, first, "isolated", more), "pass");
  equal(await verdict("network", "embeddings", whole, first), "fail");
});

Deno.test("judge() rejects an implausible error of upstream", async () => {
  const embeddings = (value: number): Tensor => tensor("f32", [1, 1, 1, 1], Float32Array.of(value));
  for (const minTolerance of [NaN, Infinity, 1, -1]) {
    const more = { upstreamFloat32: { ...upstreamFloat32, minTolerance } };
    const judging = verdict(
      "network",
      "embeddings",
      embeddings(99),
      embeddings(0),
      "isolated",
      more,
    );
    await rejects(judging, /upstream's own error/);
  }
});

/** Returns the failures of pieces that have references of some seams. */
function missing(
  seams: Readonly<Record<string, readonly SeamName[]>>,
  pieces: readonly string[],
  stage: string,
): SeamResult[] {
  const references = new Map(Object.entries(seams).map(([piece, of]) => [piece, new Set(of)]));
  const stages = [stageOf(stage)];
  return unreferenced(OWN_PIPELINE, "seeded", references, pieces, ["isolated"], stages);
}

Deno.test("unreferenced() fails every seam without a reference in any piece", () => {
  const seams = { one: ["beats", "beat_positions", "bpm"], two: ["beats"] } as const;
  const results = missing(seams, ["one", "two", "three"], "metrical");
  equal(results.map((result) => [result.piece, result.seam, result.verdict]), [
    ["two", "beat_positions", "fail"],
    ["two", "bpm", "fail"],
    ["three", "beats", "fail"],
    ["three", "beat_positions", "fail"],
    ["three", "bpm", "fail"],
  ]);
});

Deno.test("unreferenced() requires the values of single folds in one piece of a suite", () => {
  const logits: readonly SeamName[] = [
    ...(["logits.beat", "logits.downbeat", "logits.section", "logits.function"] as const),
  ];
  const one = { one: [...logits, "embeddings"], two: logits } as const;
  equal(missing(one, ["one", "two"], "network"), []);
  equal(missing({ one: logits, two: logits }, ["one", "two"], "network").length, 2);
});
