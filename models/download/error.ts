/**
 * The error of everything that downloads.
 *
 * @module
 */

/** What went wrong with a download. */
export type DownloadProblem =
  | "address"
  | "unreachable"
  | "stalled"
  | "cut"
  | "status"
  | "redirect"
  | "answer"
  | "size"
  | "sha256"
  | "folder";

/** Problems that may be gone at the next attempt. */
const TRANSIENT: readonly DownloadProblem[] = ["unreachable", "stalled", "cut"];

/** More about a failure. */
export interface DownloadErrorOptions extends ErrorOptions {
  /** Whether another attempt may help; by default it depends on the problem. */
  readonly transient?: boolean;
  /** How long the server asked to be left alone. */
  readonly retryAfterSeconds?: number;
}

/** Thrown when a file cannot be downloaded. */
export class DownloadError extends Error {
  /** The class's name, as in a stack trace. */
  override readonly name = "DownloadError";
  /** What kind of problem it is. */
  readonly problem: DownloadProblem;
  /** Whether another attempt may help. */
  readonly transient: boolean;
  /** How long the server asked to be left alone; 0 where it did not. */
  readonly retryAfterSeconds: number;

  /**
   * Makes the error.
   *
   * @param problem what kind of problem it is
   * @param message what was tried, what was expected, what came, what to do
   * @param options the error behind this one, and whether to try again
   */
  constructor(problem: DownloadProblem, message: string, options: DownloadErrorOptions = {}) {
    super(message, options);
    this.problem = problem;
    this.transient = options.transient ?? TRANSIENT.includes(problem);
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}
