/**
 * This program's own pipeline, described as any other one.
 *
 * @module
 */

import { type SeamDescription, type SeamName, SEAMS } from "../pipeline/seams.ts";
import { STAGES } from "../pipeline/stages.ts";
import { EXACT } from "./compare.ts";
import { type InnerSeamDescription, SEGMENT, STEPS } from "./inner_seams/table.ts";
import type { PipelineDescription, SeamRule } from "./pipeline_description.ts";
import { type FloatTolerance, floatTolerance, TOLERANCES } from "./tolerances.ts";

/** Largest float32 error of upstream that is accepted from a manifest as a tolerance, or as twice a tolerance. */
const LARGEST_UPSTREAM_ERROR = 1e-5;

/** The same for inner seams, some of which have large values. */
const LARGEST_INNER_ERROR = 1e-4;

/**
 * Returns the description of this program's pipeline.
 *
 * @param floats tolerance of float seams, 1e-6 by default
 */
export function ownPipeline(floats: FloatTolerance = {}): PipelineDescription {
  const descriptions: readonly [string, SeamDescription][] = Object.entries(SEAMS);
  const sources = Object.assign(
    {},
    ...Object.values(STEPS).map(({ outputs }) => outputs),
  ) as Partial<
    Record<string, readonly string[]>
  >;
  const seams = descriptions.map(([name, description]): [string, SeamRule] => {
    const from = sources[name];
    return [name, { ...ruleOf(description, floats), ...(from && { from }) }];
  });
  const inner = Object.values(STEPS).flatMap((steps) => steps.inner)
    .map((description): [string, SeamRule] => [description.name, innerRuleOf(description)]);
  return {
    name: "tactus",
    seams: Object.fromEntries([...seams, ...inner]),
    stages: STAGES.map((stage) => ({
      ...stage,
      inner: (STEPS[stage.name]?.inner ?? []).map(({ name }) => name),
    })),
  };
}

/** Returns whether a seam of this program's pipeline is one between two stages. */
export function isSeamName(name: string): name is SeamName {
  return Object.hasOwn(SEAMS, name);
}

function innerRuleOf({ name, axes, from, judgedBy }: InnerSeamDescription): SeamRule {
  if (name === SEGMENT) return { ...ruleOf(SEAMS.stems, {}), axes, from };
  if (judgedBy === "equality") return { axes, from, judgement: "equal", tolerance: EXACT };
  if (judgedBy === "tolerance") {
    return { axes, from, judgement: "float", tolerance: TOLERANCES.float };
  }
  const float32 = { factor: 1, largest: LARGEST_INNER_ERROR };
  return { axes, from, judgement: "float", tolerance: EXACT, float32 };
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
