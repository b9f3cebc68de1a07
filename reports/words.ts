/**
 * What reports say in words, the same in every report.
 *
 * @module
 */

import type { Decision, HistoryChange, ParityAlert, QualityAlert } from "./run_report.ts";
import { changeFigure, errorFigure } from "./figures.ts";
import type { ReportView } from "./report_view.ts";

/** The verdict of a report in one word: `Quiet`, `Regression`, or `Measured` where nobody decided. */
export function verdictWord({ decision }: ReportView): string {
  if (decision === null) return "Measured";
  return decision.verdict === "quiet" ? "Quiet" : "Regression";
}

/** The verdict in one sentence. */
export function verdictSentence({ decision, stages }: ReportView): string {
  if (decision !== null) return decision.sentence;
  const variants = new Set(stages.map(({ variant }) => variant)).size;
  return `${variants} ${variants === 1 ? "variant was" : "variants were"} measured; ` +
    "nothing was compared";
}

/** What the ratios are ratios to. */
export function baselineWords({ decision }: ReportView): string {
  if (decision === null || decision.baseline.kind === "none") return "no baseline";
  const { kind, runs, notComparable } = decision.baseline;
  const count = `${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
  const passedOver = notComparable === 0 ? "" : `, ${notComparable} not comparable passed over`;
  return `${kind} baseline of ${count}${passedOver}`;
}

/** A seam that became worse, in words. */
export function parityAlertWords(
  { suite, piece, mode, seam, reason, needs, before }: ParityAlert,
): string {
  if (reason === "missing") return `${suite}, ${piece}, ${mode}, ${seam} is not compared any more`;
  const what = reason === "outside" ? "is outside its tolerance" : "needs more than before";
  const figures = needs === null
    ? "what it needs is not known"
    : `it needs ${errorFigure(needs)}${before === null ? "" : `, before ${errorFigure(before)}`}`;
  return `${suite}, ${piece}, ${mode}, ${seam} ${what}: ${figures}`;
}

/** A measure that fell, in words. */
export function qualityAlertWords({ system, measure, value, before }: QualityAlert): string {
  if (value === null) return `${system}, ${measure} is not measured any more`;
  return `${system}, ${measure} fell from ${before.toFixed(3)} to ${value.toFixed(3)}`;
}

/** A step in the history, in words. */
export function stepWords({ variant, stage, startedAt, ratio, isAlert }: HistoryChange): string {
  return `${variant}, ${stage}: ${changeFigure(ratio)} since ${startedAt.slice(0, 10)}` +
    (isAlert ? " (new)" : "");
}

/** Everything that somebody should look at besides the stages. */
export function alertWords(decision: Decision | null): string[] {
  if (decision === null) return [];
  return [
    ...decision.parity.map(parityAlertWords),
    ...decision.quality.map(qualityAlertWords),
    ...decision.steps.filter(({ isAlert }) => isAlert).map(stepWords),
  ];
}
