/**
 * Options that name one of several things.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";

/**
 * Reads the value of an option.
 *
 * @param option name of the option
 * @param name what follows it
 * @param known what there is
 * @throws {UsageError} if there is no such thing, listing what there is
 */
export function oneOf<Name extends string>(
  option: string,
  name: string,
  known: readonly Name[],
): Name {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} expects one of ${known.join(", ")}, but got ${name}`);
}
