/**
 * Decides on a run, given the earlier runs, and reports it with them.
 *
 * @module
 */

import { whyNotComparable } from "./baseline.ts";
import { decide } from "./decide.ts";
import type { History } from "./history.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import { historyRun, reportOfRun, type ReportView } from "./report_view.ts";
import type { Decision, RunReport } from "./run_report.ts";

/** The runs that a run is compared with. */
export type EarlierRuns = ReturnType<History["comparedWith"]>;

/**
 * Decides on a run by the runs before it.
 *
 * @param run the run
 * @param earlier the runs before it
 * @param settings thresholds of the decision
 * @param confirmation rerun of the run; absent without one
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
export function comparedReport(
  run: RunReport,
  decision: Decision,
  { before }: EarlierRuns,
): ReportView {
  const history = before.map((other) => historyRun(other, whyNotComparable(run, other) === null));
  return reportOfRun(run, decision, history);
}
