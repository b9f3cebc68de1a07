/**
 * Tests with a queue of the catalogue, and workers for them.
 *
 * @module
 */

import {
  CatalogueQueue,
  CatalogueWorker,
  type CatalogueWorkerOptions,
  type Log,
  type Store,
  type WorkerMetrics,
  workerMetrics,
} from "../../catalogue/mod.ts";
import { withRedis } from "./services.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

/** A queue of its own, the address of its Redis, and an empty folder. */
export interface QueueTest {
  readonly queue: CatalogueQueue;
  readonly redis: string;
  readonly folder: string;
}

/** Declares a test with a queue. */
export function queueTest(name: string, test: (given: QueueTest) => Promise<void>): void {
  Deno.test({
    name,
    // BullMQ leaves timers to the end of the process.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withRedis((redis) =>
        inTemporaryFolder(async (folder) => {
          const address = { redis, name: `test-${crypto.randomUUID()}` };
          await using queue = await CatalogueQueue.open(address);
          await test({ queue, redis, folder });
        })
      ),
  });
}

/**
 * Returns a worker named `one` that analyses one track at a time and ends when the queue is empty.
 *
 * @param test queue, and folder for audio
 * @param store store of the records
 * @param options other options
 * @param log receives its events
 * @param metrics counts its tracks
 */
export async function workerOf(
  { queue, folder }: QueueTest,
  store: Store,
  options: Partial<CatalogueWorkerOptions> = {},
  log: Log = () => {},
  metrics?: WorkerMetrics,
): Promise<CatalogueWorker> {
  const all: CatalogueWorkerOptions = {
    ...{ name: "one", concurrency: 1, graceSeconds: 60, lockSeconds: 30 },
    ...{ untilEmpty: true, scratch: folder, ...options },
  };
  const counted = metrics ?? await workerMetrics(() => queue.counts());
  return new CatalogueWorker(queue, store, all, counted, log);
}
