/**
 * A thread that watches the memory and the processor time of its process while a case holds the main thread.
 *
 * Its data is a {@linkcode Watch}.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { processorSeconds } from "./processor_time.ts";
import { tell, type Watch, WATCHED_CASE, WATCHED_PEAK } from "./message.ts";

const INTERVAL_MS = 10;
const MIB = 2 ** 20;

/** Checks until a limit is exceeded or the thread is terminated. */
function watch({ shared, limits }: Watch): void {
  const numbers = new Int32Array(shared);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let current = Atomics.load(numbers, WATCHED_CASE);
  let last = Deno.memoryUsage().rss;
  let before = last;
  let begin = processorSeconds();
  for (;;) {
    const number = Atomics.load(numbers, WATCHED_CASE);
    const { rss } = Deno.memoryUsage();
    const now = processorSeconds();
    if (number !== current) [current, before, begin] = [number, last, now];
    last = rss;
    if (rss > Atomics.load(numbers, WATCHED_PEAK) * MIB) {
      Atomics.store(numbers, WATCHED_PEAK, Math.ceil(rss / MIB));
    }
    if (rss - before > limits.riseBytes || rss > limits.residentBytes) {
      const [from, to] = [before, rss].map((bytes) => Math.round(bytes / MIB));
      return tell({
        type: "finding",
        case: current,
        kind: "memory",
        detail: `the resident memory rose from ${from} MiB to ${to} MiB`,
        signature: `memory in case ${current}`,
        residentBytes: rss,
      });
    }
    if (now - begin > limits.caseSeconds) {
      return tell({
        type: "finding",
        case: current,
        kind: "hang",
        detail: `still running after ${limits.caseSeconds} s of processor time`,
        signature: `hang in case ${current}`,
      });
    }
    Atomics.wait(pause, 0, 0, INTERVAL_MS);
  }
}

watch(workerData as Watch);
