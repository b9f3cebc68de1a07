/**
 * Error of the code that reads or builds models.
 *
 * @module
 */

/** Kind of problem with a model. */
export type ModelProblem =
  | "unknown-name"
  | "not-found"
  | "unreadable"
  | "sha256"
  | "configuration"
  | "parameters"
  | "format"
  | "forbidden"
  | "too-large";

/** Thrown when a model cannot be named, found, read or built. */
export class ModelError extends Error {
  /** Class name, as in a stack trace. */
  override readonly name = "ModelError";
  /** Kind of problem. */
  readonly problem: ModelProblem;

  /**
   * Creates an error.
   *
   * @param problem kind of problem
   * @param message what was tried, expected and found, and what to do
   * @param options cause of the error
   */
  constructor(problem: ModelProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
