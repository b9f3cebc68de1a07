/**
 * Errors of the command line.
 *
 * @module
 */

/** Thrown when a command line is wrong, or the command cannot run at all; exit code 2. */
export class UsageError extends Error {
  /** Class name, as in a stack trace. */
  override name = "UsageError";
}
