/**
 * Judges what a stage made against the stored references of its seams.
 *
 * @module
 */

import { type Judgement, type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import type { Stage } from "../pipeline/stages.ts";
import type { Tensor } from "../core/tensor.ts";
import { compare, type Comparison, type Tolerance } from "./compare.ts";
import { type ReferenceEntry, ReferenceError, type UpstreamError } from "./manifest.ts";
import type { Piece } from "./piece.ts";

/**
 * Isolated feeds each stage the references of its inputs; chained feeds it what the stages before it
 * made.
 */
export type Mode = "isolated" | "chained";

/** Both modes. */
export const MODES: readonly Mode[] = ["isolated", "chained"];

/**
 * `reported` is for float seams of the chained mode that miss the tolerance because the stage before
 * them differs from its reference within its own tolerance.
 */
export type Verdict = "pass" | "fail" | "reported";

/** One seam of one piece in one mode. */
export interface SeamResult {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly piece: string;
  /** What the stage was fed. */
  readonly mode: Mode;
  /** Name of the stage. */
  readonly stage: string;
  /** Name of the seam. */
  readonly seam: SeamName;
  /** What it comes to. */
  readonly verdict: Verdict;
  /** What an element may be off. */
  readonly tolerance: Tolerance;
  /** How the output differs from the reference. */
  readonly comparison: Comparison;
  /** What upstream's own float32 misses the same reference by; null where there is no such figure. */
  readonly upstreamFloat32: UpstreamError | null;
  /** Seconds that the stage took. */
  readonly durationSeconds: number;
}

/** Upstream's float32 error that a manifest can claim for values of single folds. */
const LARGEST_UPSTREAM_ERROR = 1e-5;

const EXACT: Tolerance = { absolute: 0, relative: 0 };

/** What an element may be off, by how its seam is judged. */
export const TOLERANCES: Readonly<Record<Judgement, Tolerance>> = {
  float: { absolute: 1e-6, relative: 1e-6 },
  steps: { absolute: 1, relative: 0, differing: 0.01 },
  time: { absolute: 1e-9, relative: 0 },
  equal: EXACT,
};

/**
 * Compares the outputs of one stage with the references of its seams.
 *
 * @param piece the piece that the stage ran on
 * @param mode what the stage was fed
 * @param stage the stage
 * @param outputs what it made
 * @param durationSeconds how long it took
 * @returns one result for each seam of the stage that the piece has a reference for
 */
export function judge(
  piece: Piece,
  mode: Mode,
  stage: Stage,
  outputs: Partial<Seams>,
  durationSeconds: number,
): SeamResult[] {
  return stage.outputs.flatMap((seam) => {
    const reference = piece.references.get(seam);
    if (reference === undefined) return [];
    const { entry, tensor } = reference;
    const tolerance = toleranceOf(seam, entry);
    const comparison = compare(
      cropped(outputs[seam], entry),
      tensor,
      tolerance,
      timeAxisOf(seam),
    );
    const isFirst = stage.inputs.every((input) => input in piece.given);
    const mayDrift = mode === "chained" && SEAMS[seam].judgement === "float" &&
      !isFirst && comparison.elements > 0;
    const verdict = comparison.passed ? "pass" : mayDrift ? "reported" : "fail";
    return [{
      suite: piece.suite,
      piece: piece.name,
      mode,
      stage: stage.name,
      seam,
      verdict,
      tolerance,
      comparison,
      upstreamFloat32: entry.upstreamFloat32,
      durationSeconds,
    }];
  });
}

/** The axis of a seam that is time, of as many steps a second everywhere; undefined where there is none. */
function timeAxisOf(seam: SeamName): number | undefined {
  const axes: readonly (number | string)[] = SEAMS[seam].axes;
  const axis = axes.findIndex((name) => name === "frames" || name === "samples");
  return axis < 0 ? undefined : axis;
}

/** The rule of the seam; for values of single folds at least upstream's own float32 error. */
function toleranceOf(seam: SeamName, entry: ReferenceEntry): Tolerance {
  const description = SEAMS[seam];
  const rule = TOLERANCES[description.judgement];
  const own = "perFold" in description ? entry.upstreamFloat32?.minTolerance ?? 0 : 0;
  if (!(own >= 0 && own <= LARGEST_UPSTREAM_ERROR)) {
    throw new ReferenceError(
      `${entry.path}: the manifest says that upstream's own error is ${own}, ` +
        `but at most ${LARGEST_UPSTREAM_ERROR} is believed`,
    );
  }
  return {
    ...rule,
    absolute: Math.max(rule.absolute, own),
    relative: Math.max(rule.relative, own),
  };
}

/** The frames of an output that the reference has, where it has only the first ones. */
function cropped(actual: Tensor | undefined, entry: ReferenceEntry): Tensor | undefined {
  const { firstFrames } = entry;
  const axes: readonly (number | string)[] = SEAMS[entry.seam].axes;
  const axis = axes.indexOf("frames");
  const frames = actual?.shape[axis] ?? 0;
  if (actual === undefined || firstFrames === undefined || frames < firstFrames) return actual;
  const inner = actual.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const outer = actual.shape.slice(0, axis).reduce((product, length) => product * length, 1);
  const source = actual.data as Float32Array;
  const data = new Float32Array(outer * firstFrames * inner);
  for (let row = 0; row < outer; row++) {
    const start = row * frames * inner;
    data.set(source.subarray(start, start + firstFrames * inner), row * firstFrames * inner);
  }
  return { dtype: "f32", shape: actual.shape.with(axis, firstFrames), data };
}

/**
 * A failure for each seam that a piece has no reference for. Seams with the values of single folds
 * are large, so that one piece of a suite is enough for them.
 *
 * @param suite name of the suite
 * @param references its references of each piece
 * @param pieces names of the pieces that it must have
 * @param modes the modes that the suite runs in
 * @param stages the stages that are judged on these pieces
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
  const missing = pieces.flatMap((piece) =>
    stages.flatMap((stage) =>
      stage.outputs.filter((seam) => isMissing(piece, seam)).map((seam) => ({ piece, stage, seam }))
    )
  );
  return missing.flatMap(({ piece, stage, seam }) =>
    modes.map((mode) => ({
      suite,
      piece,
      mode,
      stage: stage.name,
      seam,
      verdict: "fail" as const,
      tolerance: TOLERANCES[SEAMS[seam].judgement],
      comparison: compare(undefined, undefined, EXACT),
      upstreamFloat32: null,
      durationSeconds: NaN,
    }))
  );
}
