/**
 * Error of the readers of array files.
 *
 * @module
 */

/** Kind of problem with an array file. */
export type ArrayProblem =
  | "not-npy"
  | "version"
  | "header"
  | "dtype"
  | "shape"
  | "size"
  | "archive"
  | "too-large";

/** Thrown when content is not a supported array file. */
export class ArrayError extends Error {
  /** Class name, as in a stack trace. */
  override readonly name = "ArrayError";
  /** Kind of problem. */
  readonly problem: ArrayProblem;

  /**
   * Creates an error.
   *
   * @param problem kind of problem
   * @param message what was expected and found
   * @param options cause of the error
   */
  constructor(problem: ArrayProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
