/**
 * The pipeline that a `parity.toml` describes.
 *
 * @module
 */

import { isFloatType } from "../core/elements.ts";
import { type PipelineDescription, type SeamRule, typedTolerance } from "../parity/mod.ts";
import type { ParityFile, SeamEntry } from "./parity_file.ts";

/** Returns stages and rules of the seams. */
export function describedPipeline({ name, seams, stages }: ParityFile): PipelineDescription {
  return {
    ...{ name, stages },
    seams: Object.fromEntries(Object.entries(seams).map(([seam, entry]) => [seam, ruleOf(entry)])),
  };
}

function ruleOf(entry: SeamEntry): SeamRule {
  const { dtype, axes, unit, atol, rtol, allowed_share, passing_share, snr, float32_factor, from } =
    entry;
  const { judgement = isFloatType(dtype) ? "float" : "equal" } = entry;
  const hasOwn = atol !== undefined || rtol !== undefined;
  const isBySnr = snr !== undefined && !hasOwn && float32_factor === undefined;
  const standard = isBySnr
    ? { absolute: Number.MAX_VALUE, relative: 0 }
    : typedTolerance(judgement, dtype, {});
  // A factor replaces the standard tolerance, and is joined by one that the file gives.
  const basis = float32_factor === undefined && !hasOwn
    ? standard
    : { ...standard, absolute: 0, relative: 0 };
  const isPartial = float32_factor === undefined && judgement === "float" && hasOwn;
  return {
    ...{ dtype, judgement },
    ...(axes && { axes }),
    ...(unit !== undefined && { unit }),
    ...(from && { from }),
    tolerance: {
      ...basis,
      absolute: atol ?? (isPartial ? standard.absolute : basis.absolute),
      relative: rtol ?? (isPartial ? standard.relative : basis.relative),
      ...(allowed_share !== undefined && { differing: allowed_share }),
      ...(passing_share !== undefined && { within: passing_share }),
      ...(snr !== undefined && { leastSnrDecibels: snr }),
    },
    ...(float32_factor !== undefined && {
      float32: { factor: float32_factor, largest: Number.MAX_VALUE },
    }),
  };
}
