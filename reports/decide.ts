/**
 * Decides what a night comes to.
 *
 * @module
 */

import { chooseBaseline } from "./baseline.ts";
import { whyNotComparable } from "./comparable.ts";
import type { Decision } from "./run_report.ts";
import { decisionSentence } from "./decision_sentence.ts";
import { earlierNights, nightOf } from "./nights.ts";
import { parityAlerts } from "./parity_alerts.ts";
import { qualityAlerts } from "./quality_alerts.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { RunReport } from "./run_report.ts";
import { stageDecisions } from "./stage_decisions.ts";
import { stageSteps } from "./stage_steps.ts";

/** What a decision can know besides the history. */
export interface DecideOptions {
  /** Id of the run that was chosen; must be in the history where the settings want a pinned baseline. */
  readonly pinned?: string;
  /** A rerun of the same night, of all variants or of those that are suspect. */
  readonly confirmation?: RunReport;
}

/**
 * Compares a night with those before it.
 *
 * Times only alert with a rerun: without one, stages that look slower are `suspect` and the verdict is not a regression
 * for them or for steps; {@linkcode needsRerun} tells whether one is wanted. Seams and measures do not vary and alert at
 * once. The same arguments give the same decision.
 *
 * @param tonight the night
 * @param history runs in any order; the night itself and later ones are passed over
 * @param settings when something counts
 * @param options what else is known
 * @throws {Error} if a pinned baseline is wanted and the run is not in the history, or if the rerun measured something
 * else than the night
 */
export function decide(
  tonight: RunReport,
  history: readonly RunReport[],
  settings: RegressionSettings,
  { pinned, confirmation }: DecideOptions = {},
): Decision {
  const earlier = earlierNights(tonight, history);
  const pinnedRun = history.find(({ id }) => id === pinned);
  const baseline = chooseBaseline(tonight, earlier.nights, settings, pinnedRun);
  const night = nightOf(tonight);
  const rerun = confirmation && checkedRerun(tonight, confirmation);
  const first = stageDecisions(night, earlier.nights, baseline, settings);
  const stages = rerun ? stageDecisions(night, earlier.nights, baseline, settings, rerun) : first;
  const steps = stageSteps(night, earlier.nights, settings, rerun);
  const references = settings.baseline === "pinned"
    ? [pinnedRun!].filter(({ machine }) => machine.fingerprint === tonight.machine.fingerprint)
    : earlier.sameMachine;
  const nights = settings.baseline === "rolling" ? settings.nights : 1;
  const findings = {
    baseline: {
      kind: baseline.nights.length === 0 ? "none" as const : baseline.kind,
      runs: baseline.nights.map(({ run }) => run.id),
      notComparable: earlier.notComparable,
    },
    stages,
    parity: parityAlerts(tonight, lastWith("parity", references, nights), settings),
    quality: qualityAlerts(tonight, lastWith("quality", references, nights), settings),
    steps,
  };
  const alertingSteps = rerun ? steps.filter(({ isAlert }) => isAlert) : [];
  const isRegression = stages.some(({ verdict }) => verdict === "slower") ||
    alertingSteps.length > 0 || findings.parity.length > 0 || findings.quality.length > 0;
  const sentence = decisionSentence(findings, {
    seams: tonight.parity.filter(({ verdict }) => verdict === "pass").length,
    notConfirmed: first.filter(({ verdict }, at) =>
      verdict === "suspect" && stages[at]!.verdict === "same"
    ),
    steps: alertingSteps,
    whyNot: baseline.whyNot,
  });
  return { verdict: isRegression ? "regression" : "quiet", sentence, ...findings };
}

/** Whether times of a decision that was made without a rerun alert if one confirms them. */
export function needsRerun({ stages, steps }: Decision): boolean {
  return stages.some(({ verdict }) => verdict === "suspect") ||
    steps.some(({ isAlert }) => isAlert);
}

function checkedRerun(tonight: RunReport, rerun: RunReport): ReturnType<typeof nightOf> {
  const whyNot = whyNotComparable(tonight, rerun);
  if (whyNot === null) return nightOf(rerun);
  throw new Error(
    `The rerun cannot confirm the night, since it has ${whyNot}: run it with the night's settings`,
  );
}

/** The last runs that have figures of a kind, as not every night measures them. */
function lastWith(
  figures: "parity" | "quality",
  runs: readonly RunReport[],
  count: number,
): RunReport[] {
  return runs.filter((run) => run[figures].length > 0).slice(-count);
}
