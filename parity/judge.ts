/**
 * Judges the output of a stage against the references of its seams.
 *
 * @module
 */

import { slice, type Tensor } from "../core/tensor.ts";
import { compare, EXACT, refused } from "./compare.ts";
import { compareArrays, drawErrors, type SeamArray } from "./compare_arrays.ts";
import type { Reference } from "./reference.ts";
import { ReferenceError } from "./reference_error.ts";
import {
  isDiscrete,
  type PipelineDescription,
  type SeamRule,
  sourcesOf,
  type StageOutline,
  timeAxisOf,
} from "./pipeline_description.ts";
import type { Comparison, Mode, SeamResult, Tolerance, Walk } from "./report.ts";
import { type Step, walkOf } from "./_walk.ts";

/** A piece of a suite: an input, and the references of its seams. */
export interface Piece {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly name: string;
  /** References by seam. */
  readonly references: ReadonlyMap<string, Reference>;
  /** Seams that the first stages start from; none where they read a file. */
  readonly given: Readonly<Record<string, Tensor>>;
}

/** What a stage of one turn computed. */
export interface StageOutcome {
  /** Name of the stage. */
  readonly stage: string;
  /** Seams by name; other seams than those of the stage are ignored. */
  readonly seams: Readonly<Record<string, SeamArray | undefined>>;
  /** Run time of the stage; null where it is not known. */
  readonly durationSeconds: number | null;
  /** Why the stage failed, whatever it computed; absent where it ran. */
  readonly failure?: string;
}

/** How a stage ran. */
export interface Judging {
  /** Input of the stage. */
  readonly mode: Mode;
  /**
   * Whether float seams in chained mode may differ, because isolated mode judges them: a stage is then fed an input
   * that differs from its own reference within tolerance.
   */
  readonly mayDrift: boolean;
  /** Receives the walk through a stage that fails and has inner seams; absent where none is wanted. */
  readonly onWalk?: (walk: Walk) => void;
}

/**
 * Compares the outputs of one stage with the references of its seams. Where all outputs are discrete, which hides small
 * errors, its inner seams are judged too.
 *
 * @param pipeline stages and rules of the seams
 * @param piece input and references
 * @param outcome seams that a stage computed
 * @param judging how it ran
 * @returns one result for each seam of the stage that the piece has a reference for
 * @throws {ReferenceError} if the manifest claims an implausible error of upstream
 */
export async function judge(
  pipeline: PipelineDescription,
  piece: Piece,
  outcome: StageOutcome,
  { mode, mayDrift, onWalk }: Judging,
): Promise<SeamResult[]> {
  const { stage: name, durationSeconds } = outcome;
  const stage = stageOf(pipeline, name);
  const isFirst = stage.inputs.every((input) => Object.hasOwn(piece.given, input));
  const steps = await compareSteps(pipeline, piece, outcome);
  const judgesInner = isDiscrete(pipeline, stage);
  const results: SeamResult[] = [];
  for (const step of steps) {
    const { seam, rule, reference, output, tolerance, comparison } = step;
    if (!judgesInner && !stage.outputs.includes(seam)) continue;
    const isDrift = mode === "chained" && mayDrift && rule.judgement === "float" && !isFirst &&
      comparison.elements > 0;
    const verdict = comparison.passed ? "pass" : isDrift ? "reported" : "fail";
    const isDrawn = verdict === "fail" && comparison.elements > 0 && reference !== undefined &&
      !reference.sample;
    const picture = isDrawn
      ? await drawErrors(output!, reference.array, rule.axes ?? [])
      : undefined;
    results.push({
      ...{ suite: piece.suite, piece: piece.name, mode, stage: name, seam, verdict },
      ...{ tolerance, comparison, upstreamFloat32: reference?.upstreamFloat32 ?? null },
      ...{ durationSeconds, ...(picture && { picture }) },
    });
  }
  const hasInner = steps.some(({ seam }) => !stage.outputs.includes(seam));
  if (onWalk !== undefined && hasInner && results.some(({ verdict }) => verdict === "fail")) {
    const subject = `${piece.suite}, ${piece.name}, ${mode}`;
    const walk = await walkOf(name, subject, steps);
    onWalk({ ...walk, of: { suite: piece.suite, piece: piece.name, mode } });
  }
  return results;
}

/**
 * Compares the outputs of a stage that the piece has a reference for. Its inner seams come before them where the stage
 * returned any.
 *
 * @param pipeline stages and rules of the seams
 * @param piece input and references
 * @param outcome seams that a stage computed
 * @returns each step after those that it is computed from
 * @throws {ReferenceError} if the manifest claims an implausible error of upstream
 */
export async function compareSteps(
  pipeline: PipelineDescription,
  piece: Piece,
  outcome: StageOutcome,
): Promise<Step[]> {
  const stage = stageOf(pipeline, outcome.stage);
  const outputs = stage.outputs.filter((seam) => piece.references.has(seam));
  const steps: Step[] = [];
  for (const seam of [...returnedInner(stage, outcome), ...outputs]) {
    const rule = ruleOf(pipeline, seam);
    const own = { seam, from: sourcesOf(pipeline, stage, seam), rule };
    const reference = piece.references.get(seam);
    if (reference === undefined) {
      const comparison = refused("the reference is missing: record the references again");
      const { tolerance } = rule;
      steps.push({ ...own, reference, output: outcome.seams[seam], tolerance, comparison });
      continue;
    }
    const output = firstFrames(outcome.seams[seam], reference, timeAxisOf(rule));
    steps.push({
      ...own,
      reference,
      output,
      ...await compareSeam(rule, reference, output, outcome),
    });
  }
  return steps;
}

/** Returns the inner seams of a stage; none where it ran without an observer, or has none of them. */
function returnedInner(
  { inner = [] }: StageOutline,
  { seams, failure }: StageOutcome,
): readonly string[] {
  const isObserved = failure === undefined && inner.some((seam) => seams[seam] !== undefined);
  return isObserved ? inner : [];
}

async function compareSeam(
  rule: SeamRule,
  reference: Reference,
  output: SeamArray | undefined,
  { failure }: StageOutcome,
): Promise<{ readonly tolerance: Tolerance; readonly comparison: Comparison }> {
  const timeAxis = timeAxisOf(rule);
  const tolerance = toleranceOf(rule, reference);
  if (failure !== undefined) return { tolerance, comparison: refused(failure) };
  return await compareArrays(output, reference.array, {
    toleranceFor: () => tolerance,
    ...(timeAxis !== undefined && { timeAxis }),
    ...(reference.sample && { sample: reference.sample }),
  });
}

/**
 * Returns a stage of a pipeline.
 *
 * @throws {RangeError} if the pipeline has none of this name
 */
export function stageOf({ name, stages }: PipelineDescription, stage: string): StageOutline {
  const found = stages.find((one) => one.name === stage);
  if (found === undefined) throw new RangeError(`The pipeline ${name} has no stage ${stage}`);
  return found;
}

/**
 * Returns the rule of a seam.
 *
 * @throws {RangeError} if the pipeline has no seam of this name
 */
export function ruleOf({ name, seams }: PipelineDescription, seam: string): SeamRule {
  const found = Object.hasOwn(seams, seam) ? seams[seam] : undefined;
  if (found === undefined) throw new RangeError(`The pipeline ${name} has no seam ${seam}`);
  return found;
}

/** Returns the tolerance of the seam: by its rule at least the float32 error of the reference, times a factor. */
function toleranceOf({ tolerance, float32 }: SeamRule, reference: Reference): Tolerance {
  if (float32 === undefined) return tolerance;
  const error = reference.upstreamFloat32?.minTolerance ?? 0;
  if (!(error >= 0 && error <= float32.largest)) {
    throw new ReferenceError(
      `${reference.path}: the manifest says that upstream's own error is ${error}, ` +
        `expected at most ${float32.largest}`,
    );
  }
  const own = float32.factor * error;
  return {
    ...tolerance,
    absolute: Math.max(tolerance.absolute, own),
    relative: Math.max(tolerance.relative, own),
  };
}

/** Returns the frames of an output that its reference has. */
function firstFrames(
  output: SeamArray | undefined,
  { firstFrames: frames }: Reference,
  axis: number | undefined,
): SeamArray | undefined {
  if (output === undefined || frames === undefined || axis === undefined) return output;
  if (!("data" in output) || (output.shape[axis] ?? 0) < frames) return output;
  return slice(output, axis, 0, frames);
}

/**
 * Returns a failure for each seam that a piece has no reference for. Of sparse seams, which are large, one piece of a
 * suite is enough.
 *
 * @param pipeline rules of the seams
 * @param suite name of the suite
 * @param references names of the seams that each piece has a reference for
 * @param pieces names of all pieces
 * @param modes modes that the suite runs in
 * @param stages stages that are judged on these pieces
 */
export function unreferenced(
  pipeline: PipelineDescription,
  suite: string,
  references: ReadonlyMap<string, ReadonlySet<string>>,
  pieces: readonly string[],
  modes: readonly Mode[],
  stages: readonly StageOutline[],
): SeamResult[] {
  const has = (piece: string, seam: string): boolean => references.get(piece)?.has(seam) ?? false;
  const isMissing = (piece: string, seam: string): boolean =>
    ruleOf(pipeline, seam).isSparse ? !pieces.some((one) => has(one, seam)) : !has(piece, seam);
  return pieces.flatMap((piece) =>
    stages.flatMap((stage) =>
      stage.outputs.filter((seam) => isMissing(piece, seam)).flatMap((seam) =>
        modes.map((mode) => ({
          ...{ suite, piece, mode, stage: stage.name, seam, verdict: "fail" as const },
          tolerance: ruleOf(pipeline, seam).tolerance,
          comparison: compare(undefined, undefined, EXACT),
          upstreamFloat32: null,
          durationSeconds: null,
        }))
      )
    )
  );
}
