/**
 * This program's own pipeline, described as any other one.
 *
 * @module
 */

import { type SeamDescription, SEAMS } from "../pipeline/seams.ts";
import { STAGES } from "../pipeline/stages.ts";
import type { PipelineDescription, SeamRule } from "./pipeline_description.ts";
import { type FloatTolerance, floatTolerance } from "./tolerances.ts";

/** Largest float32 error of upstream that is accepted from a manifest as a tolerance, or as twice a tolerance. */
const LARGEST_UPSTREAM_ERROR = 1e-5;

/**
 * Returns the description of this program's pipeline.
 *
 * @param floats tolerance of float seams, 1e-6 by default
 */
export function ownPipeline(floats: FloatTolerance = {}): PipelineDescription {
  const descriptions: readonly [string, SeamDescription][] = Object.entries(SEAMS);
  return {
    name: "tactus",
    seams: Object.fromEntries(
      descriptions.map(([name, description]) => [name, ruleOf(description, floats)]),
    ),
    stages: STAGES,
  };
}

/**
 * Values of single folds are judged by upstream's own float32 error, and stems by half of it, where that exceeds the
 * tolerance.
 */
function ruleOf(
  { dtype, axes, unit, judgement, perFold, upstreamShare }: SeamDescription,
  floats: FloatTolerance,
): SeamRule {
  return {
    ...{ dtype, axes, unit, judgement, tolerance: floatTolerance(judgement, floats) },
    ...(perFold && {
      float32: { factor: 1, largest: LARGEST_UPSTREAM_ERROR },
      isSparse: true,
    }),
    ...(upstreamShare !== undefined && {
      float32: { factor: upstreamShare, largest: LARGEST_UPSTREAM_ERROR / upstreamShare },
    }),
  };
}

/** This program's pipeline. */
export const OWN_PIPELINE: PipelineDescription = ownPipeline();
