/**
 * The nights before one, as a decision needs them: those that compare, with their samples.
 *
 * @module
 */

import { whyNotComparable, whyNotComparableVariant } from "./comparable.ts";
import type { RunReport } from "./run_report.ts";
import { type StageSamples, stageSamples } from "./stage_samples.ts";
import { median } from "./statistics.ts";

/** A run and its samples. */
export interface Night {
  /** The run. */
  readonly run: RunReport;
  /** Of all its variants and stages. */
  readonly samples: readonly StageSamples[];
}

/** One stage of one night. */
export interface StageNight {
  /** The run. */
  readonly run: RunReport;
  /** As in {@linkcode StageSamples}. */
  readonly seconds: readonly number[];
  /** Of the seconds. */
  readonly median: number;
}

/** Those before a night, oldest first. */
export interface EarlierNights {
  /** Those that compare with it. */
  readonly nights: readonly Night[];
  /** How many do not. */
  readonly notComparable: number;
  /** All of the same machine, whatever they measured: what does not depend on settings compares with them. */
  readonly sameMachine: readonly RunReport[];
}

/** A run with its samples. */
export function nightOf(run: RunReport): Night {
  return { run, samples: stageSamples(run) };
}

/**
 * What was before a night.
 *
 * @param tonight the night
 * @param history in any order; the night itself and later ones are passed over
 */
export function earlierNights(tonight: RunReport, history: readonly RunReport[]): EarlierNights {
  const before = history
    .filter(({ id, startedAt }) => id !== tonight.id && startedAt < tonight.startedAt)
    .sort((a, b) => a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0);
  const comparable = before.filter((run) => whyNotComparable(tonight, run) === null);
  return {
    nights: comparable.map(nightOf),
    notComparable: before.length - comparable.length,
    sameMachine: before.filter(({ machine }) =>
      machine.fingerprint === tonight.machine.fingerprint
    ),
  };
}

/**
 * One stage of those nights that have it, computed in the same way.
 *
 * @param tonight the run whose variant it is
 * @param nights those that compare
 * @param of name of the variant and the stage
 */
export function stageNights(
  tonight: RunReport,
  nights: readonly Night[],
  { variant, stage }: Pick<StageSamples, "variant" | "stage">,
): StageNight[] {
  return nights.flatMap(({ run, samples }) => {
    const found = samples.find((one) => one.variant === variant && one.stage === stage);
    if (found === undefined || whyNotComparableVariant(tonight, run, variant) !== null) return [];
    return [{ run, seconds: found.seconds, median: median(found.seconds) }];
  });
}
