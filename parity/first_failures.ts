/**
 * The first stage that fails.
 *
 * @module
 */

import type { PipelineDescription } from "./pipeline_description.ts";
import type { FirstFailure, SeamResult } from "./report.ts";

/**
 * Returns the first failing stages of each piece and mode: in isolated mode every stage that fails, since its inputs are
 * the references; in chained mode those that fail while no stage before them does.
 *
 * @param results results of one implementation
 * @param pipeline stages with their inputs
 */
export function firstFailures(
  results: readonly SeamResult[],
  { stages }: PipelineDescription,
): FirstFailure[] {
  const failed = results.filter(({ verdict }) => verdict === "fail");
  const groups = Map.groupBy(failed, ({ piece, mode }) => JSON.stringify([piece, mode]));
  return [...groups.values()].flatMap((group) => {
    const { piece, mode } = group[0]!;
    // Seams that are wrong, or computed from wrong ones.
    const wrong = new Set<string>();
    return stages.flatMap(({ name: stage, inputs, outputs }) => {
      const follows = mode === "chained" && inputs.some((input) => wrong.has(input));
      const seams = group.filter((result) => result.stage === stage).map(({ seam }) => seam);
      if (follows || seams.length > 0) { for (const output of outputs) wrong.add(output); }
      return follows || seams.length === 0 ? [] : [{ piece, mode, stage, seams }];
    });
  });
}
