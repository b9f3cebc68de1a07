/**
 * What a night is compared with.
 *
 * @module
 */

import { whyNotComparable } from "./comparable.ts";
import { type Night, nightOf } from "./nights.ts";
import type { BaselineKind, RegressionSettings } from "./regression_settings.ts";
import type { RunReport } from "./run_report.ts";

/** What a night is compared with. */
export interface Baseline {
  /** As in the settings. */
  readonly kind: BaselineKind;
  /** Oldest first; none where nothing compares. */
  readonly nights: readonly Night[];
  /** Why a pinned run does not compare; null in every other case. */
  readonly whyNot: string | null;
}

/**
 * Chooses the nights that one is compared with.
 *
 * @param tonight the night
 * @param earlier those before it that compare, oldest first
 * @param settings which kind
 * @param pinned the run that was chosen, where the kind is `pinned`
 * @throws {Error} if the kind is `pinned` and no run is
 */
export function chooseBaseline(
  tonight: RunReport,
  earlier: readonly Night[],
  { baseline: kind, nights }: RegressionSettings,
  pinned: RunReport | undefined,
): Baseline {
  if (kind === "previous") return { kind, nights: earlier.slice(-1), whyNot: null };
  if (kind === "rolling") return { kind, nights: earlier.slice(-nights), whyNot: null };
  if (pinned === undefined) {
    throw new Error(
      "The baseline is a pinned run, but there is none in the history: pin one, or choose another " +
        "baseline in regression.toml",
    );
  }
  const whyNot = whyNotComparable(tonight, pinned);
  return { kind, nights: whyNot === null ? [nightOf(pinned)] : [], whyNot };
}
