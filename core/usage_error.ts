/**
 * Errors of the call itself.
 *
 * @module
 */

/** The command was called wrongly or cannot run at all: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
