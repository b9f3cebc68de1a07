/**
 * Error of stored references.
 *
 * @module
 */

/** A stored reference does not match the manifest. */
export class ReferenceError extends Error {
  /** Name of the class. */
  override name = "ReferenceError";
}
