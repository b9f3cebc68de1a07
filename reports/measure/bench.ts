/**
 * What can be timed, and who takes part.
 *
 * @module
 */

import type { Contestant } from "./contest.ts";

/** One contest: the same work for everybody. */
export interface Bench {
  /** A stage of the pipeline, or `analyze` or `start`. */
  readonly stage: string;
  /** Length of the audio that is worked on; null where there is none. */
  readonly audioSeconds: number | null;
  /** Gets somebody ready; tactus first. */
  readonly contestants: readonly (() => Promise<Contestant>)[];
}

/** Where a Python interpreter is that has a peer. */
export interface PeerPythons {
  /** With demucs 4.0.1, madmom 0.16.1, NATTEN and allin1 1.1.0, as `fixtures/upstream/install.sh` makes it. */
  readonly allin1: string;
  /** With all-in-one-infer, as `fixtures/upstream/install_infer.sh` makes it; absent to go without. */
  readonly infer?: string;
}
