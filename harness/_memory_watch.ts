/**
 * Watches the memory of a process and of those that it started: through /proc of Linux, for which Deno needs all
 * permissions, and elsewhere through the program `ps`.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Time between two looks at Linux's own tables. */
const INTERVAL_MILLISECONDS = 50;

/** Looks between two searches for new processes. */
const LOOKS_A_SEARCH = 4;

/** Time between two calls of `ps`. */
const PS_INTERVAL_MILLISECONDS = 500;

/** A watch that has begun. */
export class MemoryWatch {
  readonly #group: number | undefined;
  readonly #onBytes: (bytes: number) => void;
  readonly #onBlind: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #members: readonly string[] = [];
  #looks = 0;
  #peakBytes: number | null = null;

  /**
   * Begins to watch.
   *
   * @param group identifier of the process, which leads a group; undefined where it did not start
   * @param onBytes receives the resident memory of the group at each look; memory that processes share counts for each
   * @param onBlind called where the system tells no memory
   */
  constructor(
    group: number | undefined,
    onBytes: (bytes: number) => void,
    onBlind: () => void,
  ) {
    this.#group = group;
    this.#onBytes = onBytes;
    this.#onBlind = onBlind;
    if (group === undefined) return;
    if (canReadProc()) {
      this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);
    } else if (process.platform === "win32") {
      onBlind();
    } else {
      this.#timer = setInterval(() => this.#askPs(), PS_INTERVAL_MILLISECONDS);
    }
  }

  /** Highest memory so far; null where none was seen. */
  get peakBytes(): number | null {
    return this.#peakBytes;
  }

  /** Ends the watch. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #note(bytes: number, peak = bytes): void {
    if (bytes === 0) return;
    this.#peakBytes = Math.max(this.#peakBytes ?? 0, bytes, peak);
    this.#onBytes(bytes);
  }

  #look(): void {
    if (this.#looks++ % LOOKS_A_SEARCH === 0) this.#members = membersOf(this.#group!);
    const sizes = this.#members.map(memoryOf);
    const sum = sizes.reduce((all, { now }) => all + now, 0);
    // The kernel keeps the highest memory of one process also between two looks.
    this.#note(sum, Math.max(0, ...sizes.map(({ peak }) => peak)));
  }

  #askPs(): void {
    execFile("ps", ["-A", "-o", "pgid=,rss="], (error, text) => {
      if (error !== null) {
        this.#onBlind();
        return;
      }
      const rows = text.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
      const own = rows.filter(([group]) => group === this.#group);
      this.#note(own.reduce((all, [, kilobytes = 0]) => all + kilobytes * 1024, 0));
    });
  }
}

function canReadProc(): boolean {
  try {
    return process.platform === "linux" && readdirSync("/proc").length > 0;
  } catch {
    return false;
  }
}

/** Returns the identifiers of the processes of a group. */
function membersOf(group: number): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const text = textOf(`/proc/${name}/stat`);
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[2]) === group;
  });
}

/** Returns the resident memory of a process now and at its highest, bytes; 0 after its end. */
function memoryOf(pid: string): { readonly now: number; readonly peak: number } {
  const text = textOf(`/proc/${pid}/status`);
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
  return { now: kilobytes("VmRSS") * 1024, peak: kilobytes("VmHWM") * 1024 };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
