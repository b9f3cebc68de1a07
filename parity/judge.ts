/**
 * Judges the output of a stage against the references of its seams.
 *
 * @module
 */

import { slice, type Tensor } from "../core/tensor.ts";
import { type Judgement, type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import type { Stage } from "../pipeline/stages.ts";
import { compare, EXACT } from "./compare.ts";
import { type ReferenceEntry, ReferenceError } from "./manifest.ts";
import type { Piece } from "./piece.ts";
import type { Mode, SeamResult, Tolerance } from "./report.ts";

/** Largest float32 error of upstream that is accepted from a manifest as a tolerance. */
const LARGEST_UPSTREAM_ERROR = 1e-5;

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
 * Compares the outputs of one stage with the references of its seams.
 *
 * A float seam in chained mode is reported, not failed: its stage was fed an input that differs from its
 * own reference within tolerance.
 *
 * @param piece input and references
 * @param mode input of the stage
 * @param stage the stage
 * @param outputs seams that the stage computed
 * @param durationSeconds run time of the stage
 * @returns one result for each seam of the stage that the piece has a reference for
 * @throws {ReferenceError} if the manifest claims an implausible error of upstream
 */
export function judge(
  piece: Piece,
  mode: Mode,
  stage: Stage,
  outputs: Partial<Seams>,
  durationSeconds: number | null,
): SeamResult[] {
  const isFirst = stage.inputs.every((input) => input in piece.given);
  return stage.outputs.flatMap((seam) => {
    const reference = piece.references.get(seam);
    if (reference === undefined) return [];
    const { entry, tensor } = reference;
    const tolerance = toleranceOf(seam, entry);
    const output = firstFrames(outputs[seam], entry);
    const comparison = compare(output, tensor, tolerance, timeAxisOf(seam));
    const mayDrift = mode === "chained" && SEAMS[seam].judgement === "float" &&
      !isFirst && comparison.elements > 0;
    return [{
      ...{ suite: piece.suite, piece: piece.name, mode, stage: stage.name, seam },
      verdict: comparison.passed ? "pass" : mayDrift ? "reported" : "fail",
      ...{ tolerance, comparison, upstreamFloat32: entry.upstreamFloat32, durationSeconds },
    }];
  });
}

/** Returns the index of the time axis; undefined where there is none. */
function timeAxisOf(seam: SeamName): number | undefined {
  const axes: readonly (number | string)[] = SEAMS[seam].axes;
  const axis = axes.findIndex((name) => name === "frames" || name === "samples");
  return axis < 0 ? undefined : axis;
}

/** Returns the tolerance of the seam. For values of single folds it is at least upstream's float32 error. */
function toleranceOf(seam: SeamName, entry: ReferenceEntry): Tolerance {
  const description = SEAMS[seam];
  const rule = TOLERANCES[description.judgement];
  const own = "perFold" in description ? entry.upstreamFloat32?.minTolerance ?? 0 : 0;
  if (!(own >= 0 && own <= LARGEST_UPSTREAM_ERROR)) {
    throw new ReferenceError(
      `${entry.path}: the manifest says that upstream's own error is ${own}, ` +
        `expected at most ${LARGEST_UPSTREAM_ERROR}`,
    );
  }
  return {
    ...rule,
    absolute: Math.max(rule.absolute, own),
    relative: Math.max(rule.relative, own),
  };
}

/** Returns the frames of an output that its reference has. */
function firstFrames(
  output: Tensor | undefined,
  { seam, firstFrames: frames }: ReferenceEntry,
): Tensor | undefined {
  const axis = timeAxisOf(seam);
  if (output === undefined || frames === undefined || axis === undefined) return output;
  return (output.shape[axis] ?? 0) < frames ? output : slice(output, axis, 0, frames);
}

/**
 * Returns a failure for each seam that a piece has no reference for. Seams with the values of single folds
 * are large: one piece of a suite is enough for them.
 *
 * @param suite name of the suite
 * @param references references of each piece
 * @param pieces names of all pieces
 * @param modes modes that the suite runs in
 * @param stages stages that are judged on these pieces
 */
export function unreferenced(
  suite: string,
  references: Readonly<Record<string, readonly ReferenceEntry[]>>,
  pieces: readonly string[],
  modes: readonly Mode[],
  stages: readonly Stage[],
): SeamResult[] {
  const has = (piece: string, seam: SeamName): boolean =>
    references[piece]?.some((entry) => entry.seam === seam) ?? false;
  const isMissing = (piece: string, seam: SeamName): boolean =>
    "perFold" in SEAMS[seam] ? !pieces.some((one) => has(one, seam)) : !has(piece, seam);
  return pieces.flatMap((piece) =>
    stages.flatMap((stage) =>
      stage.outputs.filter((seam) => isMissing(piece, seam)).flatMap((seam) =>
        modes.map((mode) => ({
          ...{ suite, piece, mode, stage: stage.name, seam, verdict: "fail" as const },
          tolerance: TOLERANCES[SEAMS[seam].judgement],
          comparison: compare(undefined, undefined, EXACT),
          upstreamFloat32: null,
          durationSeconds: null,
        }))
      )
    )
  );
}
