/**
 * The error of the array file readers.
 *
 * @module
 */

/** What was wrong with an array file. */
export type NpyProblem =
  | "not-npy"
  | "version"
  | "header"
  | "dtype"
  | "shape"
  | "size"
  | "archive"
  | "too-large";

/** Thrown when bytes are not an array file that this program reads. */
export class NpyError extends Error {
  /** The class's name, for those who read errors as text. */
  /** The class's name, as in a stack trace. */
  override readonly name = "NpyError";
  /** What kind of problem it is. */
  readonly problem: NpyProblem;

  /**
   * Joins a kind of problem with its message.
   *
   * @param problem what kind of problem it is
   * @param message what was expected and what came
   */
  constructor(problem: NpyProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
