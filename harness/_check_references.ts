/**
 * Checks that references are as the file describes their seams.
 *
 * @module
 */

import { reasonOf } from "../core/reason.ts";
import { type PipelineDescription, type Reference, ReferenceError } from "../parity/mod.ts";
import type { References } from "./reference_folder.ts";

/**
 * Checks type, axes and float32 error of all references. An output must have the type and the shape of its reference, so
 * that it is as the file describes, too.
 *
 * @param pipeline rules of the seams
 * @param references references of all inputs
 * @param remedy what to do where they are wrong
 * @throws {ReferenceError} if one cannot be read, has another type, another number or length of axes, or lacks the error that is its
 * tolerance
 */
export async function checkReferences(
  { seams: rules }: PipelineDescription,
  references: References,
  remedy: string,
): Promise<void> {
  for (const [input, seams] of references.inputs) {
    for (const [seam, reference] of seams) {
      const rule = Object.hasOwn(rules, seam) ? rules[seam] : undefined;
      if (rule === undefined) continue;
      const { type, shape } = await typeAndShape(reference).catch((cause) => {
        throw new ReferenceError(
          `The reference of ${seam}, ${input}, cannot be read: ${reasonOf(cause)}; ${remedy}`,
          { cause },
        );
      });
      const found = `${type} [${shape.join(", ")}]`;
      const { dtype = type, axes = shape } = rule;
      const fits = axes.length === shape.length &&
        axes.every((axis, at) => typeof axis === "string" || axis === shape[at]);
      if (dtype !== type || !fits) {
        throw new ReferenceError(
          `The reference of ${seam}, ${input}, is ${found}, but the file describes it as ${dtype} ` +
            `[${axes.join(", ")}]; correct the file, or ${remedy}`,
        );
      }
      if (rule.float32 === undefined || reference.upstreamFloat32 !== null) continue;
      throw new ReferenceError(
        `The seam ${seam} has a float32_factor, but the error in float32 of ${input} is not known: ` +
          `name the implementation in float32 as reference.float32, and ${remedy}`,
      );
    }
  }
}

async function typeAndShape(
  { array, sample }: Reference,
): Promise<{ readonly type: string; readonly shape: readonly number[] }> {
  if ("data" in array) return { type: array.dtype, shape: sample?.shape ?? array.shape };
  const { array: { type, shape }, close } = await array.open();
  await close();
  return { type, shape: sample?.shape ?? shape };
}
