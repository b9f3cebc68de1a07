/**
 * What a night comes to, beside the nights before it.
 *
 * @module
 */

/** What it comes to; the exit code of `nightly` follows from it. */
export interface Decision {
  /** Whether somebody should look. */
  readonly verdict: "quiet" | "regression";
  /** The verdict in one sentence, with the worst of what was found. */
  readonly sentence: string;
  /** What the night was compared with. */
  readonly baseline: {
    readonly kind: "previous" | "rolling" | "pinned" | "none";
    /** Ids of the runs, newest last. */
    readonly runs: readonly string[];
    /** Nights of other machines, other settings or other tracks, which were passed over. */
    readonly notComparable: number;
  };
  /** Every variant and stage, in the order of the report. */
  readonly stages: readonly StageDecision[];
  /** Seams that left their tolerance or whose error grew. */
  readonly parity: readonly ParityAlert[];
  /** Measures that fell. */
  readonly quality: readonly QualityAlert[];
  /** Steps in the history of all stages, also old ones. */
  readonly steps: readonly Step[];
}

/** One stage of one variant, beside its baseline. */
export interface StageDecision {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** A stage, or `total`. */
  readonly stage: string;
  /** Median seconds of a pass over all tracks, tonight. */
  readonly median: number;
  /** The same of the baseline; null where there is none. */
  readonly baseline: number | null;
  /** Tonight through baseline, above 1 where it became slower; null where there is no baseline. */
  readonly ratio: number | null;
  /** Of a one-sided test that tonight is as fast; null where there is no baseline. */
  readonly pValue: number | null;
  /** Ratio less one from which on a difference counts. */
  readonly minimum: number;
  /**
   * `slower` is an alert. `suspect` is what `slower` is before the rerun has confirmed it. `unknown` is as
   * much slower, but too few rounds ran for any test to tell.
   */
  readonly verdict: "same" | "slower" | "suspect" | "unknown" | "faster" | "new";
}

/** A seam that became worse. */
export interface ParityAlert {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly piece: string;
  /** `isolated` or `chained`. */
  readonly mode: string;
  /** Name of the seam. */
  readonly seam: string;
  /** Whether it left its tolerance, needs far more of it than before, or was not compared any more. */
  readonly reason: "outside" | "grown" | "missing";
  /** The smallest tolerance that passes tonight; null where it is not known. */
  readonly needs: number | null;
  /** The same of the baseline, the median of its nights; null where it is not known. */
  readonly before: number | null;
}

/** A measure that fell. */
export interface QualityAlert {
  /** `hpss/embedded` and the like. */
  readonly system: string;
  /** Key of the measure, `beat_f` and the like. */
  readonly measure: string;
  /** Its mean tonight; null where it was not measured any more. */
  readonly value: number | null;
  /** The median of its means in the baseline. */
  readonly before: number;
}

/** A lasting change in the history of a stage. */
export interface Step {
  /** Name of the variant, as in the run. */
  readonly variant: string;
  /** A stage, or `total`. */
  readonly stage: string;
  /** First run after it. */
  readonly run: string;
  /** When that started, ISO 8601. */
  readonly startedAt: string;
  /** Level after through level before. */
  readonly ratio: number;
  /** Probability of such a step where nothing changed. */
  readonly pValue: number;
  /** Whether it is an alert: slower, large enough, and new. */
  readonly isAlert: boolean;
}
