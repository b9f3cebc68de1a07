/**
 * Growth of errors from stage to stage, in chained mode.
 *
 * @module
 */

import { ruleOf } from "./judge.ts";
import type { PipelineDescription } from "./pipeline_description.ts";
import type { SeamGrowth, SeamResult } from "./report.ts";

/**
 * Relates the tolerance that each float seam needs to the largest tolerance that one of its inputs needs.
 * The input of `activations.beat` is `logits.beat`; other seams depend on all inputs of their stage. A seam
 * that is given has no error, and the error of a seam that was not judged is unknown.
 *
 * @param results results of a suite
 * @param pipeline stages with their inputs, and rules of the seams
 * @returns one entry for each piece and seam, in the order of the results
 */
export function errorGrowth(
  results: readonly SeamResult[],
  pipeline: PipelineDescription,
): SeamGrowth[] {
  const chained = results.flatMap(({ piece, stage, seam, mode, comparison }) => {
    const needs = comparison.smallestTolerance;
    const isKnown = mode === "chained" && needs !== null &&
      ruleOf(pipeline, seam).judgement === "float";
    return isKnown ? [{ piece, stage, seam, needs }] : [];
  });
  return chained.flatMap(({ piece, stage, seam, needs: outputNeeds }) => {
    const inputs = pipeline.stages.find(({ name }) => name === stage)?.inputs ?? [];
    const all = chained.filter((one) => one.piece === piece && inputs.includes(one.seam));
    const own = all.filter((one) => headOf(one.seam) !== null && headOf(one.seam) === headOf(seam));
    const [first, ...others] = own.length > 0 ? own : all;
    if (first === undefined) return [];
    const worst = others.reduce((a, b) => b.needs > a.needs ? b : a, first);
    const factor = worst.needs === 0 ? null : outputNeeds / worst.needs;
    return [{ piece, stage, seam, from: worst.seam, inputNeeds: worst.needs, outputNeeds, factor }];
  });
}

/** Returns `beat` of `logits.beat`. A seam is computed from the input with the same last name. */
function headOf(seam: string): string | null {
  return seam.split(".")[1] ?? null;
}
