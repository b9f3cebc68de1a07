/**
 * Tracks side by side.
 *
 * @module
 */

import { availableParallelism, freemem } from "node:os";

/**
 * Runs work on items, several at the same time, in their order.
 *
 * @param items the items
 * @param jobs number of items at the same time, at least 1
 * @param work work on one item; its first error ends the run once what is running has ended
 * @param signal when aborted, no further item is begun
 * @throws the first error of the work
 */
export async function sideBySide<Item>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item, index: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined && !signal?.aborted) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
}

/** Memory that a track takes, bytes: weights and buffers of the networks, and what grows with the track. */
const JOB_BYTES = { network: 1.5e9, filters: 0.5e9 } as const;

/** Tracks side by side by default: the second one's decoding hides behind the first one's network. */
const DEFAULT_JOBS = 2;

/**
 * Returns the default number of tracks side by side: as many as keep two cores busy (docs/batches.md has the
 * measurements), and no more than fit into half of the free memory.
 *
 * @param demixer `network`, `filters`, or undefined where stems are given
 * @param free free memory, bytes; that of the machine by default
 * @param cores cores of the machine
 */
export function defaultJobs(
  demixer: "network" | "filters" | undefined,
  free: number = freemem(),
  cores: number = availableParallelism(),
): number {
  const fit = Math.floor(free / 2 / JOB_BYTES[demixer ?? "filters"]);
  return Math.max(1, Math.min(DEFAULT_JOBS, cores, fit));
}
