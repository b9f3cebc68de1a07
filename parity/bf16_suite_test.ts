import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { hash32 } from "../core/counter_random.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { STEMS } from "../pipeline/stems.ts";
import { judgeSnr, whyNoBf16 } from "./bf16_suite.ts";
import { readManifest } from "./manifest.ts";
import type { SeamResult } from "./report.ts";

const SHAPE = [4, 2, 500];

/** Noise of an amplitude. */
function noise(seed: number, amplitude: number): Float32Array {
  return Float32Array.from(
    { length: 4000 },
    (_, at) => amplitude * (hash32(seed + at) / 2 ** 31 - 1),
  );
}

const expected = tensor("f32", SHAPE, noise(0, 0.5));

/** Returns the stems with errors of each amplitude, relative to the signal. */
function withErrors(errors: readonly number[]): Tensor<"f32"> {
  const error = noise(10_000, 0.5);
  return tensor(
    "f32",
    SHAPE,
    expected.data.map((x, at) => x + errors[Math.floor(at / 1000)]! * error[at]!),
  );
}

/** Judges against upstream with a ratio of 40 dB. */
function judged(actual: Tensor<"f32"> | undefined): Pick<SeamResult, "verdict" | "comparison"> {
  const stems = Object.fromEntries(STEMS.map((stem) => [stem, 40]));
  return judgeSnr(actual, expected, { snrDecibels: 40, stems: stems as never });
}

Deno.test("judgeSnr() passes where each stem is nearer than upstream's", () => {
  const { verdict, comparison } = judged(withErrors([0.005, 0.005, 0.005, 0.005]));
  equal(verdict, "pass");
  equal(Math.round(comparison.snrDecibels ?? 0), 46);
  equal(judged(expected).comparison.snrDecibels, null, "infinite");
});

Deno.test("judgeSnr() fails where one stem is worse, although all together are better", () => {
  const { verdict, comparison } = judged(withErrors([0.001, 0.001, 0.015, 0.001]));
  equal(verdict, "fail");
  match(comparison.reason ?? "", /^the ratio is too low: other 36\.\d dB, upstream 40\.0 dB$/);
});

Deno.test("judgeSnr() fails on stems that are missing, not finite, swapped or off by one sample", () => {
  equal(judged(undefined).verdict, "fail");
  const wrong = expected.data.slice();
  wrong[7] = NaN;
  match(judged(tensor("f32", SHAPE, wrong)).comparison.reason ?? "", /NaN/);
  wrong.set(expected.data.subarray(1000, 2000));
  wrong.set(expected.data.subarray(0, 1000), 1000);
  equal(judged(tensor("f32", SHAPE, wrong)).verdict, "fail");
  wrong.set(expected.data);
  wrong.copyWithin(1, 0);
  equal(judged(tensor("f32", SHAPE, wrong)).verdict, "fail");
});

Deno.test("the suite needs the separation and the backend native", () => {
  match(whyNoBf16(["network"], undefined, true) ?? "", /no references of network/);
  match(whyNoBf16(undefined, { backend: "onnx" }, true) ?? "", /only the backend native/);
  equal(whyNoBf16(["demix"], { backend: "native" }, true), undefined);
});

Deno.test("the manifest has the ratios of upstream with products in bfloat16", async () => {
  const { separation, suites } = await readManifest();
  const { clip, suite, snrDecibels, stems } = separation!.bf16!;
  const entries = suites[suite]!.separation!.clips[clip]!;
  equal(entries.filter(({ seam }) => seam === "stems").length, 1);
  for (const snr of [snrDecibels, ...STEMS.map((stem) => stems[stem])]) ok(snr > 20 && snr < 60);
});
