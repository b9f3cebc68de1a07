/**
 * How much a process has read.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** Bytes that this process has read from files and pipes so far; null where the system does not tell. */
export function bytesRead(): number | null {
  let text: string;
  try {
    text = readFileSync("/proc/self/io", "utf8");
  } catch {
    return null;
  }
  const [, digits] = /^rchar: (\d+)/m.exec(text) ?? [];
  return digits === undefined ? null : Number(digits);
}
