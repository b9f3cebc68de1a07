/**
 * Runs the cases of one target, one after the other, in a process of its own.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import {
  type Assignment,
  NO_TALLY,
  type Tally,
  tell,
  type Watch,
  WATCHED_CASE,
  WATCHED_PEAK,
} from "./message.ts";
import { processorSeconds } from "./processor_time.ts";
import { inputOf, type Target } from "./target.ts";

const MIB = 2 ** 20;
const MOST_DETAIL = 2000;
/** Characters at the start of a message that do not differ from case to case. */
const SIGNIFICANT = 30;

/**
 * Runs cases and sends a message for each.
 *
 * @param target what is fuzzed
 * @param assignment which cases
 */
export async function runCases(target: Target, assignment: Assignment): Promise<void> {
  const { seed, first, cases, seconds, scratch, limits } = assignment;
  const seeds = await target.seeds();
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workerData: Watch = { shared: shared.buffer, limits };
  const watch = new Worker(new URL("./case_watch.ts", import.meta.url), { workerData });

  const tally: { -readonly [Key in keyof Tally]: Tally[Key] } = { ...NO_TALLY };
  const told = new Set<string>();
  tell({ type: "ready" });
  const begin = performance.now();
  for (let number = first; number < first + cases; number++) {
    if (performance.now() - begin > 1000 * seconds) break;
    if (number === seeds.length && first === 0 && tally.accepted + tally.faulty === 0) {
      const reason = `not one of its ${seeds.length} files is accepted as it is`;
      return tell({ type: "unusable", reason });
    }
    tally.peakBytes = Atomics.load(shared, WATCHED_PEAK) * MIB;
    tell({ type: "case", case: number, tally });
    Atomics.store(shared, WATCHED_CASE, number);
    const input = inputOf(target, seeds, seed, number);
    const start = processorSeconds();
    try {
      await target.read(input, scratch);
      tally.accepted++;
    } catch (error) {
      if (target.isExpected(error) && (error as Error).message !== "") {
        tally.rejected++;
      } else {
        tally.faulty++;
        const [signature, detail] = described(error);
        if (!told.has(signature)) {
          tell({ type: "finding", case: number, kind: "error", detail, signature });
        }
        told.add(signature);
      }
    }
    const took = processorSeconds() - start;
    if (took > tally.slowestSeconds) [tally.slowestSeconds, tally.slowestCase] = [took, number];
  }
  tally.peakBytes = Math.max(Atomics.load(shared, WATCHED_PEAK) * MIB, Deno.memoryUsage().rss);
  tell({ type: "done", tally });
  await watch.terminate();
}

/** Returns a text that errors of one cause share, and the text to print. */
function described(error: unknown): [signature: string, detail: string] {
  if (!(error instanceof Error)) return [String(error), `not an Error: ${error}`];
  const message = error.message.replace(/\s+/g, " ") || "without a message";
  // The first frame that is in a file: errors of the runtime's own functions differ by their callers.
  const place = error.stack?.split("\n").find((line) => line.includes("file:"))?.trim() ?? "";
  const detail = `${error.name}: ${message}`.slice(0, MOST_DETAIL);
  return [`${detail.slice(0, SIGNIFICANT)} ${place}`, `${detail} ${place}`.trim()];
}
