/**
 * What a report shows of a night.
 *
 * @module
 */

import { whyNotComparable } from "../reports/comparable.ts";
import type { Decision } from "../reports/decision.ts";
import { historyNight } from "../reports/history_night.ts";
import { reportOfRun } from "../reports/report_of_run.ts";
import type { ReportView } from "../reports/report_view.ts";
import type { RunReport } from "../reports/run_report.ts";

/**
 * A night beside those before it.
 *
 * @param run the night
 * @param decision what it comes to
 * @param before earlier runs, comparable or not
 */
export function nightView(
  run: RunReport,
  decision: Decision,
  before: readonly RunReport[],
): ReportView {
  const nights = before.map((other) => historyNight(other, whyNotComparable(run, other) === null));
  return reportOfRun(run, decision, nights);
}
