/**
 * What the process uses while a stage runs.
 *
 * @module
 */

import process from "node:process";
import type { RunObserver, StageTiming } from "../../pipeline/runner.ts";
import type { StageMeasurement } from "../run_report.ts";
import { readFileSync } from "node:fs";

/** Between two looks at the memory; a stage that holds the main thread is looked at when it ends. */
const INTERVAL_MILLISECONDS = 5;

/** What is known of a stage that runs. */
interface Running {
  readonly cpuAtStart: number;
  readonly readAtStart: number | null;
  peakBytes: number;
}

/** Notes processor time, memory and reading of the process for each stage that runs; stages may overlap. */
export class StageMeter implements RunObserver {
  readonly #running = new Map<string, Running>();
  readonly #stages: StageMeasurement[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  /** Starts to look. */
  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);
    Deno.unrefTimer(Number(this.#timer));
  }

  /** A stage starts. */
  onStart(stage: string): void {
    this.#begin(stage, cpuSeconds(), bytesRead());
  }

  /** A stage has been running since the process started. */
  onStarted(stage: string): void {
    this.#begin(stage, 0, bytesRead() === null ? null : 0);
  }

  #begin(stage: string, cpuAtStart: number, readAtStart: number | null): void {
    this.#running.set(stage, { cpuAtStart, readAtStart, peakBytes: 0 });
    this.#look();
  }

  /** A stage is done. */
  onTiming({ stage, start, end }: Omit<StageTiming, "device">): void {
    this.#look();
    const { cpuAtStart = 0, readAtStart = null, peakBytes = 0 } = this.#running.get(stage) ?? {};
    this.#running.delete(stage);
    const read = bytesRead();
    this.#stages.push({
      ...{ stage, start, end, cpuSeconds: cpuSeconds() - cpuAtStart, peakBytes },
      bytesRead: read === null || readAtStart === null ? null : read - readAtStart,
    });
  }

  /** Stops to look. */
  finish(): StageMeasurement[] {
    clearInterval(this.#timer);
    return this.#stages;
  }

  #look(): void {
    const { rss } = Deno.memoryUsage();
    for (const stage of this.#running.values()) stage.peakBytes = Math.max(stage.peakBytes, rss);
  }
}

/** User and system time of all threads, in seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Highest resident memory, by the system's own figure where it has one. */
export function peakBytes(): number {
  const kilobytes = numberIn(systemText("/proc/self/status"), /^VmHWM:\s*(\d+) kB/m);
  return (kilobytes ?? process.resourceUsage().maxRSS) * 1024;
}

/** Bytes read from files and pipes; null where the system does not tell. */
export function bytesRead(): number | null {
  return numberIn(systemText("/proc/self/io"), /^rchar: (\d+)/m);
}

/** The text of a file that only Linux has, and shows only to programs that may do all; empty elsewhere. */
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
