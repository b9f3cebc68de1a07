/**
 * Hardware counters of the processes that the harness starts.
 *
 * Counters of a thread go on in the processes that it starts. The counts of a process are therefore those of this program
 * from before its start to after its end; they include what this program does while it waits, which is little.
 *
 * @module
 */

import { reasonOf } from "../core/reason.ts";
import type { WorkCounts } from "../kernels/mod.ts";

/** Returns the counts since the first call, or the reason why there are none. */
export type WorkCounter = () => WorkCounts | string;

/** Returns the counter of this machine. It needs the kernels, which a described pipeline does not need otherwise. */
export async function hardwareCounter(): Promise<WorkCounter> {
  try {
    const { workCounts } = await import("../kernels/mod.ts");
    workCounts();
    return workCounts;
  } catch (error) {
    const reason = `no hardware counters without the kernels: ${reasonOf(error).split("\n")[0]}`;
    return () => reason;
  }
}

/**
 * Returns the counts from one call of a counter to another one, or the reason why there are none.
 *
 * @param before result of the first call
 * @param after result of the second one
 */
export function countsBetween(
  before: WorkCounts | string,
  after: WorkCounts | string,
): { readonly work: WorkCounts } | { readonly noWork: string } {
  if (typeof before === "string") return { noWork: before };
  if (typeof after === "string") return { noWork: after };
  const of = (count: keyof WorkCounts): number => Math.max(0, after[count] - before[count]);
  return {
    work: {
      instructions: of("instructions"),
      cycles: of("cycles"),
      cacheMisses: of("cacheMisses"),
    },
  };
}
