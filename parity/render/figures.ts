/**
 * Figures of comparisons as text, the same in every format.
 *
 * @module
 */

import { elementText } from "../../core/elements.ts";
import type { Comparison, ParityReport, SuiteReport, Tolerance, UpstreamError } from "../report.ts";

/** Returns an error as text; blank where there is none. */
export function error(value: number | null): string {
  return value === null ? "" : value === 0 ? "0" : value.toExponential(2);
}

/** Returns a figure with three digits; blank where there is none. */
export function figure(value: number | null): string {
  return value === null ? "" : String(Number(value.toPrecision(3)));
}

/** Returns a ratio in decibels as text. */
function decibels(value: number): string {
  return `${value.toFixed(1)} dB`;
}

/** Returns a duration in seconds with two decimals; blank where there is none. */
export function seconds(value: number | null): string {
  return value === null ? "" : value.toFixed(2);
}

/**
 * Returns the smallest tolerance that passes; for 16-bit samples largest difference and share, for products in bfloat16 the
 * signal-to-noise ratio.
 */
export function neededBy(
  { comparison, tolerance }: { readonly comparison: Comparison; readonly tolerance: Tolerance },
): string {
  const { differing, elements, maxAbsolute, smallestTolerance, snrDecibels } = comparison;
  if (snrDecibels !== undefined) {
    const ratio = snrDecibels === null ? "" : decibels(snrDecibels);
    return hasElements(tolerance)
      ? [error(smallestTolerance), ratio].filter(Boolean).join(", ")
      : ratio;
  }
  if (tolerance.differing === undefined) return error(smallestTolerance);
  return maxAbsolute === null ? "" : stepsText(maxAbsolute, differing / elements);
}

/** Returns the tolerance that upstream's own float32 needs, as {@linkcode neededBy}; blank where unknown. */
export function neededByUpstream(upstream: UpstreamError | null): string {
  if (upstream === null) return "";
  const { differing, maxAbs, minTolerance, snrDecibels } = upstream;
  if (snrDecibels !== undefined) return decibels(snrDecibels);
  return differing === undefined ? error(minTolerance) : stepsText(maxAbs, differing);
}

/** Returns the allowed error of an element; for 16-bit samples also the allowed share, and a least signal-to-noise ratio. */
export function allowed(tolerance: Tolerance): string {
  const { absolute, differing, within, leastSnrDecibels } = tolerance;
  const ratio = leastSnrDecibels === undefined ? [] : [`>= ${decibels(leastSnrDecibels)}`];
  if (ratio.length > 0 && !hasElements(tolerance)) return ratio.join();
  const all = differing === undefined ? error(absolute) : stepsText(absolute, differing);
  const elements = within === undefined ? all : `${all} for ${figure(100 * within)} %`;
  return [elements, ...ratio].join(", ");
}

/** Returns whether elements have a tolerance of their own; one of 1 or more stands for none beside a signal-to-noise ratio. */
function hasElements({ absolute, relative }: Tolerance): boolean {
  return absolute < 1 || relative > 0;
}

/**
 * Returns the difference of 16-bit samples as text.
 *
 * @param steps largest difference of a sample, in steps of 16 bit
 * @param share share of the samples that differ, 0 to 1
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { stepsText } from "./figures.ts";
 * ok(stepsText(1, 0.00193) === "1 in 0.193 %");
 * ```
 */
export function stepsText(steps: number, share: number): string {
  return share === 0 ? "0" : `${steps} in ${figure(100 * share)} %`;
}

/** Returns the position of the worst element, and both values there. */
export function worstText(
  { index, actual, expected, ...imaginary }: NonNullable<Comparison["worst"]>,
): string {
  const { actualImaginary, expectedImaginary } = imaginary;
  const [found, wanted] = [
    elementText(actual, actualImaginary),
    elementText(expected, expectedImaginary),
  ];
  return `worst at [${index.join(", ")}]: ${found}, expected ${wanted}`;
}

/** Returns the number of seams by verdict, as a sentence without a period. */
export function tally({ suites }: Pick<ParityReport, "suites">): string {
  const verdicts = suites.flatMap(({ results }) => results.map(({ verdict }) => verdict));
  const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
  return `${count("pass")} seams passed, ${count("fail")} failed, ${count("reported")} reported`;
}

/** Returns where a sample of the elements decided, one sentence without a period for each suite and seam. */
export function sampleTexts({ suites }: Pick<ParityReport, "suites">): string[] {
  const texts = suites.flatMap(({ suite, results }) =>
    results.flatMap(({ seam, comparison: { elements, sampled } }) => {
      if (sampled === undefined) return [];
      const { of, listed } = sampled;
      const chosen = listed === 0
        ? ""
        : `, ${listed} of them where upstream's float32 error is largest`;
      return [`a sample decides ${suite}, ${seam}: ${elements} of ${of} elements${chosen}`];
    })
  );
  return [...new Set(texts)];
}

/** Returns the implementation or the weights of a suite, the one that its name does not tell. */
export function subjectOf(
  { suite, implementation, model }: Pick<SuiteReport, "suite" | "implementation" | "model">,
): string {
  if (model !== undefined) return `weights ${model}`;
  return implementation === null || implementation === suite ? "implementation" : implementation;
}

/**
 * Returns for each piece and mode of a described pipeline the first stage that fails, as sentences without periods. Of
 * this program's pipeline the walk tells more.
 */
export function firstFailureTexts({ suites }: Pick<ParityReport, "suites">): string[] {
  return suites.filter(({ model }) => model === undefined).flatMap(({ suite, first }) =>
    first.map(({ piece, mode, stage, seams }) =>
      `first wrong stage of ${suite}, ${piece}, ${mode}: ${stage} (${seams.join(", ")})`
    )
  );
}

/** Returns program, commit and machine in one line; undefined where they are unknown. */
export function madeByText({ madeBy }: Pick<ParityReport, "madeBy">): string | undefined {
  if (madeBy === undefined) return undefined;
  const { program, commit, machine, versions } = madeBy;
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    program,
    commit === null ? "no commit" : `commit ${commit.slice(0, 10)}`,
    machine,
    ...known,
  ]
    .join(", ");
}

/** Returns the distances in units in the last place of a bin as text. */
export function ulpBinText(bin: number): string {
  if (bin < 3) return String(bin);
  return `${2 ** (bin - 2) + 1}-${2 ** (bin - 1)}`;
}
