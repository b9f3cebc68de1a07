/**
 * Processor time of processes that have ended.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";

/** Clock ticks of Linux in a second, the same on every architecture. */
const TICKS_A_SECOND = 100;

/**
 * Returns the user and system time of all processes that this one started and that have ended; null where the system
 * does not tell. The difference of two calls is the time of the process that ran between them, to 10 ms.
 */
export function childCpuSeconds(): number | null {
  if (process.platform !== "linux") return null;
  try {
    const text = readFileSync("/proc/self/stat", "utf8");
    // The name in parentheses may have spaces; state is the first field after it.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[13]) + Number(fields[14]);
    return Number.isFinite(ticks) ? ticks / TICKS_A_SECOND : null;
  } catch {
    return null;
  }
}
