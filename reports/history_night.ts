/**
 * One night of the history, as the reports draw it.
 *
 * @module
 */

import type { RunReport } from "./run_report.ts";
import { stageFigures } from "./stage_figures.ts";
import { corpusSeconds } from "./stage_samples.ts";
import type { Interval } from "./statistics.ts";

/** What a report needs to know of a night. */
export interface HistoryNight {
  /** Id of the run. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Full hash; null where it is not known. */
  readonly commit: string | null;
  /** Whether machine, settings and tracks are those of tonight. */
  readonly isComparable: boolean;
  /** Length of all tracks together. */
  readonly corpusSeconds: number;
  /** Every variant and stage that was measured. */
  readonly stages: readonly HistoryStage[];
}

/** One stage of a night. */
export interface HistoryStage {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** A stage, or `total`. */
  readonly stage: string;
  /** Median seconds of a pass over all tracks. */
  readonly median: number;
  /** Of the median; null where there were too few samples. */
  readonly interval: Interval | null;
}

/**
 * What a run is in the history.
 *
 * @param run what was measured
 * @param isComparable whether machine, settings and tracks are those of tonight
 */
export function historyNight(run: RunReport, isComparable: boolean): HistoryNight {
  return {
    run: run.id,
    startedAt: run.startedAt,
    commit: run.program.commit,
    isComparable,
    corpusSeconds: corpusSeconds(run),
    stages: stageFigures(run).map(({ variant, stage, median, interval }) => ({
      variant,
      stage,
      median,
      interval,
    })),
  };
}
