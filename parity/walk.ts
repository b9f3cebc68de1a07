/**
 * Walks through the inner seams of a stage to the first operation that is wrong.
 *
 * @module
 */

import type { InnerSeamDescription, InnerSeams } from "./inner_seams/table.ts";
import type { Tensor } from "../core/tensor.ts";
import { compare, type Comparison, indexOf } from "./compare.ts";
import { type Picture, picture } from "./picture.ts";
import { sampledIndex, type SampledSeam, takeSampled } from "./sampled.ts";

/** One inner seam, and whether it is right. */
export interface WalkStep {
  /** Its name. */
  readonly seam: string;
  /** The inner seams that it is made of. */
  readonly inputs: readonly string[];
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Whether every stored element is within the tolerance. */
  readonly verdict: "pass" | "fail";
  /** Elements that were compared. */
  readonly elements: number;
  /** Elements that miss the tolerance. */
  readonly failing: number;
  /** The smallest tolerance that passes; null where nothing could be compared. */
  readonly needs: number | null;
  /** What is allowed. */
  readonly allowed: number;
  /** Why nothing could be compared; absent where it could. */
  readonly reason?: string;
  /** Where the tolerance is exceeded most, or most nearly; absent where nothing could be compared. */
  readonly worst?: NonNullable<Comparison["worst"]>;
}

/** The first inner seam that is wrong while all that it is made of is right. */
export interface WalkFinding extends WalkStep {
  /** Where in time and frequency its errors lie; absent where it has no time. */
  readonly picture?: Picture;
}

/** A walk through one stage. */
export interface Walk {
  /** Name of the stage. */
  readonly stage: string;
  /** What was computed on what, in words. */
  readonly subject: string;
  /** Every inner seam, in the order of the data. */
  readonly steps: readonly WalkStep[];
  /** The first wrong one; null where all are right. */
  readonly first: WalkFinding | null;
}

/** What a walk compares. */
export interface WalkInput {
  /** Name of the stage. */
  readonly stage: string;
  /** What is computed on what, in words. */
  readonly subject: string;
  /** The inner seams, each after all that it is made of. */
  readonly table: readonly InnerSeamDescription[];
  /** Stored elements of every seam, by name. */
  readonly references: ReadonlyMap<
    string,
    { readonly entry: SampledSeam; readonly stored: Tensor<"f32" | "f64"> }
  >;
  /** What was computed. */
  readonly seams: InnerSeams;
}

/** What an inner seam may be off where upstream's own error is not known. */
const RULE = 1e-6;

/**
 * Compares every inner seam with its stored elements. One is right while it is no further off than upstream is in
 * single precision, or 1e-6 where that is not known.
 *
 * @param input what was computed, and the references
 */
export function walk({ stage, subject, table, references, seams }: WalkInput): Walk {
  const steps = table.map((description) => stepOf(description, references, seams));
  const isRight = (name: string): boolean =>
    steps.find(({ seam }) => seam === name)?.verdict === "pass";
  const step = steps.find(({ verdict, inputs }) => verdict === "fail" && inputs.every(isRight));
  if (step === undefined) return { stage, subject, steps, first: null };
  const drawn = draw(step, table, references, seams);
  return { stage, subject, steps, first: { ...step, ...(drawn && { picture: drawn }) } };
}

function stepOf(
  { name, inputs }: InnerSeamDescription,
  references: WalkInput["references"],
  seams: InnerSeams,
): WalkStep {
  const [reference, seam] = [references.get(name), seams.get(name)];
  const shape = reference?.entry.sampledFrom ?? seam?.shape ?? [];
  const allowed = reference?.entry.upstreamFloat32?.minTolerance ?? RULE;
  const own = { seam: name, inputs, shape };
  const refuse = (reason: string): WalkStep => ({
    ...own,
    ...{ verdict: "fail", elements: 0, failing: 0, needs: null, allowed, reason },
  });
  if (reference === undefined) return refuse("the reference is missing");
  if (seam === undefined) return refuse("the output is missing");
  if (seam.shape.join() !== shape.join()) {
    return refuse(`the shape is [${seam.shape.join(", ")}], expected [${shape.join(", ")}]`);
  }
  const { entry, stored } = reference;
  const actual = takeSampled(entry, stored, (index) => seam.element(index));
  const comparison = compare(actual, stored, { absolute: allowed, relative: allowed });
  const { passed, elements, failing, smallestTolerance, worst } = comparison;
  if (worst === undefined) return refuse(comparison.reason ?? "it has no elements");
  const index = indexOf(sampledIndex(entry, worst.index[0] ?? 0), shape);
  return {
    ...own,
    verdict: passed ? "pass" : "fail",
    elements,
    failing,
    needs: smallestTolerance,
    allowed,
    worst: { ...worst, index },
  };
}

function draw(
  { seam: name, shape, worst }: WalkStep,
  table: readonly InnerSeamDescription[],
  references: WalkInput["references"],
  seams: InnerSeams,
): Picture | undefined {
  const [reference, seam] = [references.get(name), seams.get(name)];
  if (worst === undefined || reference === undefined || seam === undefined) return undefined;
  const errors = [...reference.stored.data].map((expected, at) => {
    const index = sampledIndex(reference.entry, at);
    return { index: indexOf(index, shape), error: Math.abs(seam.element(index) - expected) };
  });
  const axes = table.find((description) => description.name === name)?.axes ?? [];
  return picture(shape, axes, errors);
}
