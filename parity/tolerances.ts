/**
 * Tolerances of the kinds of seams.
 *
 * @module
 */

import { ELEMENT_TYPES, type ElementType } from "../core/elements.ts";
import type { Judgement } from "../pipeline/seams.ts";
import { EXACT } from "./compare.ts";
import type { Tolerance } from "./report.ts";

/** Tolerance of an element, by the rule of its seam. */
export const TOLERANCES: Readonly<Record<Judgement, Tolerance>> = {
  float: { absolute: 1e-6, relative: 1e-6 },
  steps: { absolute: 1, relative: 0, differing: 0.01 },
  time: { absolute: 1e-9, relative: 0 },
  equal: EXACT,
};

/** Tolerance of float seams, where it differs from 1e-6. */
export interface FloatTolerance {
  /** Allowed error of any element. */
  readonly absolute?: number;
  /** Additional allowed error, as a share of the expected value. */
  readonly relative?: number;
}

/** Returns the tolerance of a seam by its rule; `floats` replaces that of float seams. */
export function floatTolerance(judgement: Judgement, floats: FloatTolerance): Tolerance {
  const rule = TOLERANCES[judgement];
  if (judgement !== "float") return rule;
  return { absolute: floats.absolute ?? rule.absolute, relative: floats.relative ?? rule.relative };
}

/**
 * Returns the tolerance of a seam by its rule and type. Floats of half precision are judged by one step of their type.
 *
 * @param judgement rule of the seam
 * @param type type of its elements
 * @param floats tolerance of float seams, where it differs from the default
 */
export function typedTolerance(
  judgement: Judgement,
  type: ElementType,
  floats: FloatTolerance,
): Tolerance {
  const isHalf = type === "f16" || type === "bf16";
  if (judgement !== "float" || !isHalf) return floatTolerance(judgement, floats);
  const { absolute = 0, relative = ELEMENT_TYPES[type].resolution! } = floats;
  return { absolute, relative };
}
