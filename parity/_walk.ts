/**
 * Walks through the inner seams of a stage, and the seams that it makes, to the first operation that is wrong.
 *
 * @module
 */

import { drawErrors, type SeamArray } from "./compare_arrays.ts";
import type { SeamRule } from "./pipeline_description.ts";
import type { Reference } from "./reference.ts";
import type { Comparison, InnerSeamResult, Tolerance, Walk } from "./report.ts";

/** A compared step of a walk: an inner seam, or a seam that the stage makes. */
export interface Step {
  /** Name of the seam. */
  readonly seam: string;
  /** Seams of the stage that it is computed from; none if it is computed from the stage's inputs. */
  readonly from: readonly string[];
  /** Rule of the seam. */
  readonly rule: SeamRule;
  /** Its reference; undefined where there is none. */
  readonly reference: Reference | undefined;
  /** The computed array; undefined where the stage did not compute it. */
  readonly output: SeamArray | undefined;
  /** Tolerance by rule and reference. */
  readonly tolerance: Tolerance;
  /** Difference between the two. */
  readonly comparison: Comparison;
}

/**
 * Returns the walk through compared steps.
 *
 * @param stage name of the stage
 * @param subject description of input, weights and backend
 * @param steps each after all of those that it is computed from
 * @returns the comparisons, and the first step that fails while all that it is computed from pass
 */
export async function walkOf(
  stage: string,
  subject: string,
  steps: readonly Step[],
): Promise<Walk> {
  const results = await Promise.all(steps.map(resultOf));
  const passes = (name: string): boolean =>
    // What was not compared, such as an output without a reference, hides nothing.
    results.find(({ seam }) => seam === name)?.verdict !== "fail";
  const at = results.findIndex(({ verdict, inputs }) => verdict === "fail" && inputs.every(passes));
  const [first, step] = [results[at], steps[at]];
  if (first === undefined || step === undefined) {
    return { stage, subject, steps: results, first: null };
  }
  const { output, reference, rule, comparison } = step;
  const picture = output === undefined || reference === undefined || comparison.elements === 0
    ? undefined
    : await drawErrors(output, reference.array, rule.axes ?? [], reference.sample);
  return { stage, subject, steps: results, first: { ...first, ...(picture && { picture }) } };
}

async function resultOf(
  { seam, from, reference, output, tolerance, comparison }: Step,
): Promise<InnerSeamResult> {
  const { passed, elements, failing, smallestTolerance, worst, reason, sampled } = comparison;
  return {
    ...{ seam, inputs: [...from], shape: await shapeOf(reference, output) },
    ...{ verdict: passed ? "pass" : "fail", elements, failing, needs: smallestTolerance },
    allowed: tolerance.absolute,
    // Elsewhere the worst element tells it.
    ...(!passed && failing === 0 && { reason: reason ?? "no reason is known" }),
    ...(worst && { worst }),
    ...(sampled?.statistics && { statistics: sampled.statistics }),
  };
}

/** Returns the shape of the whole reference, or of the output where there is none. */
async function shapeOf(
  reference: Reference | undefined,
  output: SeamArray | undefined,
): Promise<number[]> {
  const array = reference?.array ?? output;
  if (reference?.sample !== undefined) return [...reference.sample.shape];
  if (array === undefined) return [];
  if ("data" in array) return [...array.shape];
  try {
    const { array: { shape }, close } = await array.open();
    await close();
    return [...shape];
  } catch {
    // A file that cannot be read is the reason of the comparison.
    return [];
  }
}
