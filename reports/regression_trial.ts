/**
 * Tries decisions on synthetic histories, where it is known what they should be.
 *
 * @module
 */

import { decide, needsRerun } from "./decide.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import { syntheticHistory, type SyntheticOptions, syntheticRun } from "./synthetic.ts";

/** What alerted on one night. */
export interface NightAlerts {
  /** From 0 on. */
  readonly night: number;
  /** Stages that are slower than the baseline. */
  readonly slower: readonly string[];
  /** Stages that have a new step. */
  readonly steps: readonly string[];
}

/** Which nights to decide. */
export interface TrialOptions {
  /** The first, from 0 on. */
  readonly from: number;
  /** Night whose run is pinned, where the settings want one: it is decided for those after it. */
  readonly pinned: number;
}

/**
 * Decides night after night, each with all those before it, and reruns where a night asks for it.
 *
 * @param options of the history, of which no night is missing or of another machine
 * @param settings when something counts
 * @param trial which nights
 * @returns the nights that alert, each decided when it is asked for
 */
export function* trialAlerts(
  options: SyntheticOptions,
  settings: RegressionSettings,
  { from, pinned }: TrialOptions,
): Generator<NightAlerts> {
  const history = syntheticHistory(options);
  const pin = settings.baseline === "pinned" ? { pinned: history[pinned]!.id } : {};
  for (const [night, tonight] of history.entries()) {
    if (night < from) continue;
    const before = history.slice(0, night);
    const first = decide(tonight, before, settings, pin);
    if (!needsRerun(first)) continue;
    const confirmation = syntheticRun(options, night, 1);
    const { verdict, stages, steps } = decide(tonight, before, settings, { ...pin, confirmation });
    if (verdict === "quiet") continue;
    yield {
      night,
      slower: stages.filter((one) => one.verdict === "slower").map(({ stage }) => stage),
      steps: steps.filter(({ isAlert }) => isAlert).map(({ stage }) => stage),
    };
  }
}
