/**
 * Walks through the inner seams of a stage to the first operation that is wrong.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import { compare, indexOf } from "./compare.ts";
import type { InnerSeamDescription, InnerSeams } from "./inner_seams/table.ts";
import type { SampledSeam } from "./manifest.ts";
import { ErrorMap } from "./_picture.ts";
import { sampledIndex, takeSampled } from "./references.ts";
import type { InnerSeamResult, Picture, Walk } from "./report.ts";

/** Inner seams of a stage, and their references. */
export interface WalkInput {
  /** Name of the stage. */
  readonly stage: string;
  /** Description of input, weights and backend. */
  readonly subject: string;
  /** Inner seams, each after all of its inputs. */
  readonly table: readonly InnerSeamDescription[];
  /** Stored elements of every inner seam, by name. */
  readonly references: ReadonlyMap<
    string,
    { readonly entry: SampledSeam; readonly stored: Tensor<"f32" | "f64"> }
  >;
  /** Computed inner seams. */
  readonly seams: InnerSeams;
}

/** Tolerance of an inner seam for which upstream's own error is not known. */
const RULE = 1e-6;

/**
 * Compares every inner seam with its stored elements. The tolerance of a seam is upstream's own float32
 * error, or 1e-6 where that is not known.
 *
 * @param input computed inner seams, and their references
 * @returns the comparisons, and the first inner seam that fails while all of its inputs pass
 */
export function walk({ stage, subject, table, references, seams }: WalkInput): Walk {
  const results = table.map((description) => resultOf(description, references, seams));
  const passes = (name: string): boolean =>
    results.find(({ seam }) => seam === name)?.verdict === "pass";
  const first = results.find(({ verdict, inputs }) => verdict === "fail" && inputs.every(passes));
  if (first === undefined) return { stage, subject, steps: results, first: null };
  const drawn = pictureOf(first, table, references, seams);
  return { stage, subject, steps: results, first: { ...first, ...(drawn && { picture: drawn }) } };
}

function resultOf(
  { name, inputs }: InnerSeamDescription,
  references: WalkInput["references"],
  seams: InnerSeams,
): InnerSeamResult {
  const [reference, seam] = [references.get(name), seams.get(name)];
  const shape = reference?.entry.sampledFrom ?? seam?.shape ?? [];
  const allowed = reference?.entry.upstreamFloat32?.minTolerance ?? RULE;
  const own = { seam: name, inputs, shape };
  const refuse = (reason: string): InnerSeamResult => ({
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
  if (worst === undefined) return refuse(comparison.reason ?? "the seam has no elements");
  const index = indexOf(sampledIndex(entry, worst.index[0] ?? 0), shape);
  return {
    ...own,
    ...{ verdict: passed ? "pass" : "fail", elements, failing, needs: smallestTolerance, allowed },
    worst: { ...worst, index },
  };
}

function pictureOf(
  { seam: name, shape, worst }: InnerSeamResult,
  table: readonly InnerSeamDescription[],
  references: WalkInput["references"],
  seams: InnerSeams,
): Picture | undefined {
  const [reference, seam] = [references.get(name), seams.get(name)];
  if (worst === undefined || reference === undefined || seam === undefined) return undefined;
  const { entry, stored } = reference;
  const axes = table.find((description) => description.name === name)?.axes ?? [];
  const map = ErrorMap.over(shape, axes, stored.data.length);
  stored.data.forEach((expected, nth) => {
    const index = sampledIndex(entry, nth);
    map?.add(index, Math.abs(seam.element(index) - expected));
  });
  return map?.picture();
}
