/**
 * What this process has used so far.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";

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
