/**
 * Description of a pipeline: its stages, the seams between them, and the rules by which seams are judged.
 *
 * @module
 */

import type { ElementType } from "../core/elements.ts";
import type { Judgement } from "../pipeline/seams.ts";
import type { Tolerance } from "./report.ts";

/** A seam, and the rule by which two versions of it are compared. */
export interface SeamRule {
  /** Element type; absent for that of the reference. */
  readonly dtype?: ElementType;
  /** Length or name of each axis, outermost first; absent where unknown. `frames` and `samples` are time. */
  readonly axes?: readonly (number | string)[];
  /** Unit and range of the values; absent where unknown. */
  readonly unit?: string;
  /** Kind of the values. Only floats may drift in chained mode. */
  readonly judgement: Judgement;
  /** Allowed error. */
  readonly tolerance: Tolerance;
  /** Tolerance by the error of the reference's own float32 run; absent where that does not count. */
  readonly float32?: Float32Rule;
  /** Whether one piece of a suite is enough to have a reference of it. */
  readonly isSparse?: true;
  /**
   * Of an inner seam, or an output of a stage with inner seams: the seams of the stage that it is computed from; absent
   * for the inner seam before it.
   */
  readonly from?: readonly string[];
}

/** Tolerance that follows the error of the reference's own float32 run, where it exceeds the other tolerance. */
export interface Float32Rule {
  /** Factor of that error. */
  readonly factor: number;
  /** Largest error of float32 that is plausible; a larger one in a manifest is an error. */
  readonly largest: number;
}

/** A stage: the seams that it reads and makes. */
export interface StageOutline {
  /** Name, unique in the pipeline. */
  readonly name: string;
  /** Seams that it reads; none where it reads the input file. */
  readonly inputs: readonly string[];
  /** Seams that it makes. */
  readonly outputs: readonly string[];
  /**
   * Inner seams: arrays between its operations, each after those that it is computed from. They lead to the first wrong
   * operation, and no other stage reads them. Absent for none.
   */
  readonly inner?: readonly string[];
}

/** Stages and seams of a pipeline. */
export interface PipelineDescription {
  /** Name. */
  readonly name: string;
  /** Rules of all seams by their names, in the order of the data. */
  readonly seams: Readonly<Record<string, SeamRule>>;
  /** Stages, in the order of the data. */
  readonly stages: readonly StageOutline[];
}

/** Names of time axes. */
const TIME_AXES: readonly (number | string)[] = ["frames", "samples"];

/** Returns the index of the time axis of a seam; undefined where there is none. */
export function timeAxisOf({ axes = [] }: Pick<SeamRule, "axes">): number | undefined {
  const axis = axes.findIndex((name) => TIME_AXES.includes(name));
  return axis < 0 ? undefined : axis;
}

/**
 * Returns whether all seams that a stage makes are discrete, such as positions or times: small errors do not show in them,
 * so that inner seams are judged as well.
 */
export function isDiscrete({ seams }: PipelineDescription, { outputs }: StageOutline): boolean {
  return outputs.every((seam) => {
    const judgement = seams[seam]?.judgement;
    return judgement === "equal" || judgement === "time";
  });
}

/**
 * Returns the seams of a stage that one of its inner seams or outputs is computed from; none where it is computed from
 * the inputs of the stage.
 */
export function sourcesOf(
  { seams }: PipelineDescription,
  { inner = [], inputs }: StageOutline,
  seam: string,
): readonly string[] {
  const { from } = seams[seam] ?? {};
  if (from !== undefined) return from.filter((source) => !inputs.includes(source));
  const at = inner.indexOf(seam);
  return (at < 0 ? inner : inner.slice(0, at)).slice(-1);
}
