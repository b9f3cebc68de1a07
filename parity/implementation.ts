/**
 * Implementations of a pipeline, and the runner that judges what they compute.
 *
 * @module
 */

import { judge, type Piece, stageOf, type StageOutcome } from "./judge.ts";
import type { PipelineDescription, StageOutline } from "./pipeline_description.ts";
import type { Mode, SeamResult, Walk } from "./report.ts";

/** One run of an implementation on one piece. */
export interface Turn {
  /** Input and references. */
  readonly piece: Piece;
  /** Input of each stage. */
  readonly mode: Mode;
  /** Stages to judge, in the order of the data. */
  readonly stages: readonly StageOutline[];
  /** Receives a description of each stage before it runs. */
  readonly onStage?: (description: string) => void;
  /** Receives the walk through each stage that fails and returned inner seams; absent where none is wanted. */
  readonly onWalk?: (walk: Walk) => void;
}

/** A program, or a part of this one, that computes the stages of a pipeline. */
export interface Implementation {
  /** Name in reports. */
  readonly name: string;
  /**
   * Returns whether isolated mode judges a stage of a piece. Its float seams may then drift in chained mode, where it is
   * fed an input that differs from its own reference within tolerance.
   */
  isolates(piece: Piece, stage: StageOutline): boolean;
  /** Runs the stages of a turn, and returns the outcome of each as soon as it is known. */
  run(turn: Turn): AsyncIterable<StageOutcome>;
}

/**
 * Runs an implementation once and judges each seam that it computed.
 *
 * @param pipeline stages and rules of the seams
 * @param implementation the implementation
 * @param turn piece, mode and stages
 * @returns one result for each judged seam of the piece
 * @throws {ReferenceError} if the manifest claims an implausible error of upstream
 */
export async function runTurn(
  pipeline: PipelineDescription,
  implementation: Implementation,
  turn: Turn,
): Promise<SeamResult[]> {
  const { piece, mode, onWalk } = turn;
  const results: SeamResult[] = [];
  for await (const outcome of implementation.run(turn)) {
    const mayDrift = implementation.isolates(piece, stageOf(pipeline, outcome.stage));
    results.push(
      ...await judge(pipeline, piece, outcome, { mode, mayDrift, ...(onWalk && { onWalk }) }),
    );
  }
  return results;
}
