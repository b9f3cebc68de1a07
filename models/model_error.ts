/**
 * The error of everything that reads or builds models.
 *
 * @module
 */

/** What was wrong with a model. */
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
  /** The class's name, as in a stack trace. */
  override readonly name = "ModelError";
  /** What kind of problem it is. */
  readonly problem: ModelProblem;

  /**
   * Makes the error.
   *
   * @param problem what kind of problem it is
   * @param message what was tried, what was expected, what came, what to do
   * @param options the error behind this one
   */
  constructor(problem: ModelProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
