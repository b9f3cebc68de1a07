/**
 * What the thread that runs cases and the one that watches the memory share.
 *
 * @module
 */

import type { Limits } from "./limits.ts";

/** What the thread is given. */
export interface Watch {
  /** Two numbers that both threads see: the case that runs, and the peak in MiB. */
  readonly shared: SharedArrayBuffer;
  readonly limits: Limits;
}

/** Where the numbers lie in the shared memory. */
export const WATCHED_CASE = 0;
/** As {@linkcode WATCHED_CASE}; MiB, so that it fits 32 bits. */
export const WATCHED_PEAK = 1;
