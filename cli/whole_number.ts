/**
 * Options that are whole numbers.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";

/**
 * Reads the value of an option.
 *
 * @param option name of the option
 * @param text what follows it
 * @param least smallest number that makes sense
 * @param most largest number that makes sense
 * @throws {UsageError} if it is no whole number from least to most
 */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(
    `--${option} expects a whole number from ${least} to ${most}, but got ${text}`,
  );
}
