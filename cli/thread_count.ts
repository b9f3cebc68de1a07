/**
 * The option `--threads`.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";

/**
 * Reads a number of threads.
 *
 * @param text what follows `--threads`
 * @throws {UsageError} if it is no whole number from 1 to 1024
 */
export function threadCount(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new UsageError(`--threads expects a whole number from 1 to 1024, but got ${text}`);
  }
  return threads;
}
