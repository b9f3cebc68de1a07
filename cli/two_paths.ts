/**
 * Commands that compare two things.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";

/**
 * The two paths that follow a command.
 *
 * @param command its name, for the message
 * @param what they are, in the plural
 * @param positionals what came
 * @throws {UsageError} if it is not two
 */
export function twoPaths(
  command: string,
  what: string,
  positionals: readonly string[],
): [expected: string, actual: string] {
  const [expected, actual] = positionals;
  if (expected !== undefined && actual !== undefined && positionals.length === 2) {
    return [expected, actual];
  }
  throw new UsageError(
    `Expected two ${what}, but got ${positionals.length}; see deno task ${command} --help`,
  );
}
