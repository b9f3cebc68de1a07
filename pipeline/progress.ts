/**
 * Progress of the analysis of a track.
 *
 * @module
 */

import type { RunObserver } from "./runner.ts";

/** Progress of an analysis. */
export interface Progress {
  /** Name of the stage that started or went on. */
  readonly stage: string;
  /** Parts of the stage that are done. */
  readonly done: number;
  /** Number of its parts. */
  readonly total: number;
  /** Estimated fraction of the whole analysis that is done, 0 to 1; it never decreases. */
  readonly fraction: number;
}

/** Shares of the stages in the time of an analysis, by the published networks on the CPU. */
const SHARES: Readonly<Record<string, number>> = {
  decode: 2,
  demix: 75,
  spectrogram: 2,
  network: 18,
  activations: 1,
  metrical: 1,
  functional: 1,
};

/** Stages in the order of the data, with the share of those before each. */
const STARTS: ReadonlyMap<string, number> = new Map(
  Object.keys(SHARES).map((stage, at, stages) => [
    stage,
    stages.slice(0, at).reduce((sum, before) => sum + (SHARES[before] ?? 0), 0),
  ]),
);

const TOTAL = Object.values(SHARES).reduce((sum, share) => sum + share, 0);

/**
 * Returns the observer of an analysis that reports its progress.
 *
 * @param onProgress receiver
 */
export function progressOf(
  onProgress: (progress: Progress) => void,
): Pick<RunObserver, "onStart" | "onProgress"> {
  let fraction = 0;
  const report = (stage: string, done: number, total: number): void => {
    const reached = (STARTS.get(stage) ?? 0) + (SHARES[stage] ?? 0) * done / total;
    fraction = Math.max(fraction, reached / TOTAL);
    onProgress({ stage, done, total, fraction });
  };
  return {
    // The start of a stage beside an earlier one does not tell how far that one is.
    onStart: (stage, isBeside) => {
      if (!isBeside) report(stage, 0, 1);
    },
    onProgress: report,
  };
}
