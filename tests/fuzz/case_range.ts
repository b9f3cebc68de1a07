/**
 * Which cases of a target to run, and within what.
 *
 * @module
 */

import type { Limits } from "./limits.ts";

/** Cases, and how long they may take. */
export interface CaseRange {
  /** Seed of the whole run. */
  readonly seed: number;
  /** Number of the first case. */
  readonly first: number;
  /** Cases at most. */
  readonly cases: number;
  /** Seconds at most; the case that runs by then is ended. */
  readonly seconds: number;
  /** A folder for files of the target's own. */
  readonly scratch: string;
  readonly limits: Limits;
}
