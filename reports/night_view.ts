/**
 * A nightly run judged against its history, as a report shows it.
 *
 * @module
 */

import { whyNotComparable } from "./comparable.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./run_report.ts";
import type { History } from "./history.ts";
import { historyNight } from "./history_night.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import { reportOfRun } from "./report_of_run.ts";
import type { ReportView } from "./report_view.ts";
import type { RunReport } from "./run_report.ts";

/** The runs that a run is compared with. */
export type EarlierRuns = ReturnType<History["comparedWith"]>;

/**
 * Decides on a run by the runs before it.
 *
 * @param run the run
 * @param earlier the runs before it
 * @param settings thresholds of the decision
 * @param confirmation second measurement of the run; absent where there is none
 */
export function decideRun(
  run: RunReport,
  { before: _, history, ...pin }: EarlierRuns,
  settings: RegressionSettings,
  confirmation?: RunReport,
): Decision {
  return decide(run, history, settings, { ...pin, ...(confirmation && { confirmation }) });
}

/**
 * Returns the report of a run with the runs before it.
 *
 * @param run the run
 * @param decision the decision on it
 * @param earlier the runs before it
 */
export function nightView(run: RunReport, decision: Decision, earlier: EarlierRuns): ReportView {
  const nights = earlier.before
    .map((other) => historyNight(other, whyNotComparable(run, other) === null));
  return reportOfRun(run, decision, nights);
}
