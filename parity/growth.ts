/**
 * How errors grow from stage to stage where each is fed what the one before it made.
 *
 * @module
 */

import { type SeamName, SEAMS } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import type { SeamResult } from "./judge.ts";

/** What a stage makes of the error that it was fed. */
export interface SeamGrowth {
  /** Name of the piece. */
  readonly piece: string;
  /** Name of the stage. */
  readonly stage: string;
  /** What it made. */
  readonly seam: SeamName;
  /** The worst of what that is made of. */
  readonly from: SeamName;
  /** The smallest tolerance that `from` passes at. */
  readonly inputNeeds: number;
  /** The smallest tolerance that `seam` passes at. */
  readonly outputNeeds: number;
  /** The second through the first; null where what came in is exact. */
  readonly factor: number | null;
}

/**
 * Puts what each float seam needs in chained mode beside what the worst float seam needs that it is
 * made of: of `activations.beat` that is `logits.beat`, of others all that their stage was fed. A seam that is given has no error, and one that was not judged none that is known.
 *
 * @param results of a suite
 * @param stages the stages, with their inputs
 * @returns one entry a piece and seam, in the order of the results
 */
export function errorGrowth(
  results: readonly SeamResult[],
  stages: readonly Stage[] = STAGES,
): SeamGrowth[] {
  const chained = results.filter(({ mode, seam }) => mode === "chained" && isFloat(seam));
  return chained.flatMap(({ piece, stage, seam, comparison }) => {
    const outputNeeds = comparison.smallestTolerance;
    const inputs = stages.find(({ name }) => name === stage)?.inputs ?? [];
    const all = chained.filter((one) => one.piece === piece && inputs.includes(one.seam))
      .filter((one) => !Number.isNaN(one.comparison.smallestTolerance));
    const own = all.filter((one) => headOf(one.seam) !== null && headOf(one.seam) === headOf(seam));
    const fed = own.length > 0 ? own : all;
    const [first, ...others] = fed;
    if (first === undefined || Number.isNaN(outputNeeds)) return [];
    const worst = others.reduce(
      (a, b) => b.comparison.smallestTolerance > a.comparison.smallestTolerance ? b : a,
      first,
    );
    const inputNeeds = worst.comparison.smallestTolerance;
    const factor = inputNeeds === 0 ? null : outputNeeds / inputNeeds;
    return [{ piece, stage, seam, from: worst.seam, inputNeeds, outputNeeds, factor }];
  });
}

/** `beat` of `logits.beat`: what is made of a seam with such a name is named alike. */
function headOf(seam: SeamName): string | null {
  return seam.split(".")[1] ?? null;
}

function isFloat(seam: SeamName): boolean {
  return SEAMS[seam].judgement === "float";
}
