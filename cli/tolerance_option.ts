/**
 * The options `--atol` and `--rtol`.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";

/**
 * Reads a tolerance.
 *
 * @param option name of the option
 * @param text what follows it
 * @throws {UsageError} if it is no number that is 0 or more
 */
export function toleranceOption(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new UsageError(`--${option} expects a number that is not negative, but got ${text}`);
}
