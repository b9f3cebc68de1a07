/**
 * Hardware counters of the process: work that does not depend on how busy the machine is.
 *
 * Source: perf_event_open(2).
 *
 * @module
 */

import { KernelError, readCounters } from "./binding.ts";

/** Work of all threads in user mode. */
export interface WorkCounts {
  /** Instructions that were executed. */
  readonly instructions: number;
  /** Cycles of the cores. */
  readonly cycles: number;
  /** Accesses that missed the last level of cache. */
  readonly cacheMisses: number;
}

/**
 * Returns the counts since the first call.
 *
 * @returns the counts, or the reason why there are none, as in many virtual machines
 * @throws {KernelLoadError} if the library cannot be loaded
 */
export function workCounts(): WorkCounts | string {
  const counts = new Float64Array(3);
  try {
    readCounters(counts);
  } catch (error) {
    if (!(error instanceof KernelError) || error.name === "KernelLoadError") throw error;
    return error.message;
  }
  const [instructions = 0, cycles = 0, cacheMisses = 0] = counts;
  return { instructions, cycles, cacheMisses };
}
