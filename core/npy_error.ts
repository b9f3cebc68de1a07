/**
 * Error of the readers of array files.
 *
 * @module
 */

/** Kind of problem with an array file. */
export type NpyProblem =
  | "not-npy"
  | "version"
  | "header"
  | "dtype"
  | "shape"
  | "size"
  | "archive"
  | "too-large";

/** Thrown when content is not a supported array file. */
export class NpyError extends Error {
  /** Class name, as in a stack trace. */
  override readonly name = "NpyError";
  /** Kind of problem. */
  readonly problem: NpyProblem;

  /**
   * Creates an error.
   *
   * @param problem kind of problem
   * @param message what was expected and found
   */
  constructor(problem: NpyProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
