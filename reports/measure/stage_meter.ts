/**
 * Measures processor time, memory and reads of the process while a stage runs.
 *
 * @module
 */

import process from "node:process";
import type { RunObserver, StageTiming } from "../../pipeline/runner.ts";
import type { Measurement, StageMeasurement, WorkCounts } from "../run_report.ts";
import { readFileSync } from "node:fs";

/** Time between two samples of the memory; a stage that blocks the main thread is sampled when it ends. */
const INTERVAL_MILLISECONDS = 5;

/** State of a running stage. */
interface Running {
  readonly cpuAtStart: number;
  readonly readAtStart: number | null;
  readonly workAtStart: WorkCounts | string;
  peakBytes: number;
}

/** Records processor time, memory and reads of the process for each stage; stages may overlap. */
export class StageMeter implements RunObserver {
  readonly #running = new Map<string, Running>();
  readonly #stages: StageMeasurement[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #counts: () => WorkCounts | string;

  /**
   * Starts to sample the memory.
   *
   * @param counts returns hardware counts since the first call, or the reason why there are none; by default it has none
   */
  constructor(counts: () => WorkCounts | string = () => "not asked for") {
    this.#counts = counts;
    counts();
    this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);
    Deno.unrefTimer(Number(this.#timer));
  }

  /** Records the start of a stage. */
  onStart(stage: string): void {
    this.#begin(stage, cpuSeconds(), bytesRead());
  }

  /** Records a stage that began with the process. */
  onStarted(stage: string): void {
    this.#begin(stage, 0, bytesRead() === null ? null : 0);
  }

  #begin(stage: string, cpuAtStart: number, readAtStart: number | null): void {
    const workAtStart = this.#counts();
    this.#running.set(stage, { cpuAtStart, readAtStart, workAtStart, peakBytes: 0 });
    this.#look();
  }

  /** Records the end of a stage. */
  onTiming({ stage, start, end }: Omit<StageTiming, "device">): void {
    this.#look();
    const running = this.#running.get(stage);
    const { cpuAtStart = 0, readAtStart = null, peakBytes = 0, workAtStart = "" } = running ?? {};
    this.#running.delete(stage);
    const read = bytesRead();
    const work = difference(this.#counts(), workAtStart);
    this.#stages.push({
      ...{ stage, start, end, cpuSeconds: cpuSeconds() - cpuAtStart, peakBytes },
      bytesRead: read === null || readAtStart === null ? null : read - readAtStart,
      ...(work && { work }),
    });
  }

  /** Returns the hardware counts so far, or the reason why there are none. */
  work(): Pick<Measurement, "work" | "noWork"> {
    const counts = this.#counts();
    return typeof counts === "string" ? { noWork: counts } : { work: counts };
  }

  /** Stops to sample the memory, and returns the measurements. */
  finish(): StageMeasurement[] {
    clearInterval(this.#timer);
    return this.#stages;
  }

  #look(): void {
    const { rss } = Deno.memoryUsage();
    for (const stage of this.#running.values()) stage.peakBytes = Math.max(stage.peakBytes, rss);
  }
}

/** Returns the counts between two moments; undefined where one has none. */
function difference(
  after: WorkCounts | string,
  before: WorkCounts | string,
): WorkCounts | undefined {
  if (typeof after === "string" || typeof before === "string") return undefined;
  return {
    instructions: after.instructions - before.instructions,
    cycles: after.cycles - before.cycles,
    cacheMisses: after.cacheMisses - before.cacheMisses,
  };
}

/** Returns the user and system time of all threads, in seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Returns the highest resident memory in bytes, as the system reports it where possible. */
export function peakBytes(): number {
  const kilobytes = numberIn(systemText("/proc/self/status"), /^VmHWM:\s*(\d+) kB/m);
  return (kilobytes ?? process.resourceUsage().maxRSS) * 1024;
}

/** Returns the bytes read from files and pipes; null if the system does not report them. */
export function bytesRead(): number | null {
  return numberIn(systemText("/proc/self/io"), /^rchar: (\d+)/m);
}

/**
 * Returns the text of a file of `/proc`; empty on systems other than Linux, or without the permissions that Deno
 * requires.
 */
export function systemText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function numberIn(text: string, pattern: RegExp): number | null {
  const [, digits] = pattern.exec(text) ?? [];
  return digits === undefined ? null : Number(digits);
}
