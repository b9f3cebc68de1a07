/**
 * Judges the separation with products in bfloat16.
 *
 * Its error is thousands of times the tolerance of the other suites. What is judged is the signal-to-noise ratio of the
 * stems against upstream in float64: it is to be at least that of upstream with products in bfloat16, on the same clip and
 * with the same weights, for each stem and for all.
 *
 * @module
 */

import { snrDecibels } from "../core/snr.ts";
import type { Tensor } from "../core/tensor.ts";
import { hasBf16 } from "../kernels/mod.ts";
import { backendOf, type ComputeOptions } from "../pipeline/backends/backend.ts";
import { demix, type Demixer, releaseDemixer } from "../pipeline/demix.ts";
import { STEMS } from "../pipeline/stems.ts";
import { compare } from "./compare.ts";
import { firstFailures } from "./first_failures.ts";
import type { Bf16Entry, Manifest } from "./manifest.ts";
import { OWN_PIPELINE } from "./own_pipeline.ts";
import { readClip } from "./piece.ts";
import { ReferenceError } from "./reference_error.ts";
import { readReference } from "./references.ts";
import type { Comparison, SeamResult, SuiteReport, Tolerance } from "./report.ts";
import { BF16_SUITE } from "./suites.ts";

/** Stage that the suite judges. */
const STAGE = "demix";

/** Names of suite, implementation and weights in the report. */
export const BF16_NAMES: Pick<SuiteReport, "suite" | "implementation" | "model"> = {
  ...{ suite: BF16_SUITE, implementation: "native, bf16", model: "seeded-htdemucs" },
};

/** Location of the references, and the network. */
export interface Bf16SuiteOptions {
  /** The fixtures folder. */
  readonly directory: string;
  /** Loads a separation network, with products in bfloat16, by its name. */
  readonly loadDemixer: (model: string) => Promise<Demixer>;
}

/**
 * Returns why the suite cannot run, or is better left out where it was not named.
 *
 * @param stages stages that are judged; absent for all
 * @param compute backend of the networks
 * @param isNamed whether the suite was named
 */
export function whyNoBf16(
  stages: readonly string[] | undefined,
  compute: ComputeOptions | undefined,
  isNamed: boolean,
): string | undefined {
  if (stages !== undefined && !stages.includes(STAGE)) {
    return `it has no references of ${stages.join(", ")}`;
  }
  if (backendOf(compute) !== "native") return "only the backend native has products in bfloat16";
  if (isNamed || hasBf16()) return undefined;
  return "this processor has no instructions for bfloat16; --suite bf16 emulates them, which takes minutes";
}

/**
 * Runs the suite.
 *
 * @param manifest the manifest of the references
 * @param options location of the references, and the network
 * @returns one result: all stems of the clip
 * @throws {ReferenceError} if the references are missing or differ from the manifest
 */
export async function runBf16Suite(
  manifest: Manifest,
  { directory, loadDemixer }: Bf16SuiteOptions,
): Promise<SuiteReport> {
  const upstream = manifest.separation?.bf16;
  const separation = manifest.suites[upstream?.suite ?? ""]?.separation;
  const clip = manifest.clips[upstream?.clip ?? ""];
  const entry = separation?.clips[upstream?.clip ?? ""]?.find(({ seam }) => seam === "stems");
  if (
    upstream === undefined || separation === undefined || clip === undefined || entry === undefined
  ) {
    throw new ReferenceError("The manifest has no references of products in bfloat16");
  }
  const expected = await readReference(entry, directory) as Tensor<"f32">;
  const mixture = await readClip(clip, manifest.pieces, directory);
  const demixer = await loadDemixer(separation.model);
  let result: SeamResult;
  try {
    const start = performance.now();
    const { stems } = await demix(demixer, mixture, { shifts: separation.shifts, stems: "floats" });
    const durationSeconds = (performance.now() - start) / 1000;
    result = {
      ...{ suite: BF16_SUITE, piece: upstream.clip, mode: "isolated", stage: STAGE, seam: "stems" },
      ...judgeSnr(stems, expected, upstream),
      ...{ upstreamFloat32: { ...upstream.error, snrDecibels: upstream.snrDecibels } },
      durationSeconds,
    };
  } finally {
    await releaseDemixer(demixer);
  }
  const results = [result];
  const first = firstFailures(results, OWN_PIPELINE);
  return { ...BF16_NAMES, model: separation.model, results, growth: [], first };
}

/**
 * Compares stems by their signal-to-noise ratio.
 *
 * @param actual the stems; undefined where they are missing
 * @param expected the stems in float64, rounded to f32
 * @param upstream ratios of upstream with products in bfloat16
 */
export function judgeSnr(
  actual: Tensor<"f32"> | undefined,
  expected: Tensor<"f32">,
  upstream: Pick<Bf16Entry, "snrDecibels" | "stems">,
): Pick<SeamResult, "verdict" | "tolerance" | "comparison"> {
  // An error of full scale is a failure, whatever the ratio.
  const tolerance: Tolerance = {
    ...{ absolute: 1, relative: 0 },
    leastSnrDecibels: upstream.snrDecibels,
  };
  const { reason, ...comparison } = compare(actual, expected, tolerance, 2);
  const length = expected.data.length / STEMS.length;
  const worse = STEMS.flatMap((stem, at) => {
    const part = (data: Float32Array): Float32Array =>
      data.subarray(at * length, (at + 1) * length);
    const snr = actual === undefined ? NaN : snrDecibels(part(actual.data), part(expected.data));
    const least = upstream.stems[stem];
    return snr >= least ? [] : [`${stem} ${snr.toFixed(1)} dB, upstream ${least.toFixed(1)} dB`];
  });
  const passed = comparison.passed && worse.length === 0;
  const reasons = [
    ...(reason === undefined ? [] : [reason]),
    ...(worse.length === 0 ? [] : [`the ratio is too low: ${worse.join("; ")}`]),
  ];
  const judged: Comparison = {
    ...{ ...comparison, passed },
    ...(reasons.length > 0 && { reason: reasons.join("; ") }),
  };
  return { verdict: passed ? "pass" : "fail", tolerance, comparison: judged };
}
