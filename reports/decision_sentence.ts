/**
 * A decision in one sentence.
 *
 * @module
 */

import type { BaselineKind } from "./regression_settings.ts";
import type {
  Decision,
  HistoryChange,
  ParityAlert,
  QualityAlert,
  StageDecision,
} from "./run_report.ts";
import { TOTAL } from "./run_report.ts";

/** A decision as far as it is made. */
export type Findings = Omit<Decision, "verdict" | "sentence">;

/** What the decision itself does not keep. */
export interface SentenceContext {
  /** How many seams were judged. */
  readonly seams: number;
  /** Stages that looked slower and did not when they ran again. */
  readonly notConfirmed: readonly StageDecision[];
  /** Steps that alert; none before a rerun has confirmed them. */
  readonly steps: readonly HistoryChange[];
  /** Why the pinned run does not compare; null where it does, or none is pinned. */
  readonly whyNot: string | null;
}

/**
 * Says the worst that was found, or what was compared where nothing was.
 *
 * @param findings what was found
 * @param context what else is known
 * @returns without a full stop
 */
export function decisionSentence(findings: Findings, context: SentenceContext): string {
  const slower = byRatio(findings.stages, "slower");
  const worst = [
    ...findings.parity.filter(({ reason }) => reason === "outside").map(paritySentence),
    ...slower.map((stage) => `${slowerSentence(findings, stage, "is")}`),
    ...context.steps.map((step) => stepSentence(findings, step)),
    ...findings.parity.filter(({ reason }) => reason === "grown").map(paritySentence),
    ...findings.parity.filter(({ reason }) => reason === "missing").map(missingSentence),
    ...findings.quality.map(qualitySentence),
  ];
  const [first, ...more] = worst;
  if (first !== undefined) return `${first}${moreSentence(more.length)}`;
  const [suspect] = byRatio(findings.stages, "suspect");
  if (suspect !== undefined) {
    return `${slowerSentence(findings, suspect, "looks")}: a rerun has to confirm it`;
  }
  return [quietSentence(findings, context), seamsSentence(context.seams)].filter(Boolean)
    .join("; ");
}

/** The slowest first; the whole after its parts where both are as slow. */
function byRatio(
  stages: readonly StageDecision[],
  verdict: StageDecision["verdict"],
): StageDecision[] {
  return stages.filter((stage) => stage.verdict === verdict)
    .sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0));
}

function paritySentence({ suite, piece, mode, seam, reason, needs, before }: ParityAlert): string {
  const figures = [
    ...(needs === null ? [] : [`needs ${error(needs)}`]),
    ...(before === null ? [] : [`needed ${error(before)}`]),
  ].join(", ");
  const what = reason === "outside" ? "is outside of its tolerance" : "has a much larger error";
  return `${seam} ${what} in ${suite}, ${piece}, ${mode}${figures === "" ? "" : ` (${figures})`}`;
}

function slowerSentence(findings: Findings, stage: StageDecision, verb: string): string {
  return `${nameOf(findings, stage)} ${verb} ${percent(stage.ratio! - 1)} slower than ` +
    `${baselineInWords(findings)} (${duration(stage.median)}, was ${duration(stage.baseline!)})`;
}

function stepSentence(findings: Findings, step: HistoryChange): string {
  return `${nameOf(findings, step)} has been ${percent(step.ratio - 1)} slower since ` +
    step.startedAt.slice(0, 10);
}

function missingSentence({ suite, piece, mode, seam }: ParityAlert): string {
  return `${seam} is not compared any more in ${suite}, ${piece}, ${mode}`;
}

function qualitySentence({ system, measure, value, before }: QualityAlert): string {
  if (value === null) return `${measure} of ${system} is not measured any more`;
  return `${measure} of ${system} fell to ${value.toFixed(3)} from ${before.toFixed(3)}`;
}

function moreSentence(count: number): string {
  return count === 0 ? "" : `; ${count} more ${count === 1 ? "finding" : "findings"}`;
}

function quietSentence(findings: Findings, { notConfirmed, whyNot }: SentenceContext): string {
  const compared = findings.stages.filter(({ ratio }) => ratio !== null);
  if (compared.length === 0) {
    const { notComparable } = findings.baseline;
    if (whyNot !== null) return `Nothing to compare with: the pinned run has ${whyNot}`;
    const nights = notComparable === 1 ? "1 night is" : `${notComparable} nights are`;
    return `Nothing to compare with${notComparable === 0 ? " yet" : `: ${nights} not comparable`}`;
  }
  const [unknown] = byRatio(findings.stages, "unknown");
  if (unknown !== undefined) {
    return `${
      slowerSentence(findings, unknown, "looks")
    }, but too few rounds ran to tell: take more`;
  }
  const [again] = [...notConfirmed].sort((a, b) => b.ratio! - a.ratio!);
  if (again !== undefined) {
    return `Nothing slowed down: ${slowerSentence(findings, again, "was")} at first, ` +
      "but not when it ran again";
  }
  const totals = compared.filter(({ stage }) => stage === TOTAL);
  const [slowest] = (totals.length > 0 ? totals : compared).sort((a, b) => b.ratio! - a.ratio!);
  return `Nothing slowed down: ${nameOf(findings, slowest!)} took ${duration(slowest!.median)}, ` +
    `${changeInWords(slowest!.ratio! - 1)} than ${baselineInWords(findings)}`;
}

function changeInWords(change: number): string {
  return `${percent(Math.abs(change))} ${change < 0 ? "less" : "more"}`;
}

function seamsSentence(seams: number): string {
  return seams === 0 ? "" : `${seams === 1 ? "1 seam" : `${seams} seams`} within tolerance`;
}

/** With the variant where there are several. */
function nameOf({ stages }: Findings, { variant, stage }: StageDecision | HistoryChange): string {
  const hasVariants = stages.some((other) => other.variant !== variant);
  const name = stage === TOTAL ? "the whole" : stage;
  return hasVariants ? `${name} (${variant})` : name;
}

function baselineInWords({ baseline: { kind, runs } }: Findings): string {
  const words: Readonly<Record<BaselineKind | "none", string>> = {
    none: "nothing",
    pinned: "the pinned run",
    previous: "the night before",
    rolling: runs.length === 1
      ? "the night before"
      : `the median of the last ${runs.length} nights`,
  };
  return words[kind];
}

/** `12 %`; small ones with a decimal. */
function percent(share: number): string {
  const value = 100 * share;
  return `${value < 9.95 ? Number(value.toFixed(1)) : value.toFixed(0)} %`;
}

/** Seconds from a tenth on, else milliseconds. */
function duration(seconds: number): string {
  if (seconds >= 0.1) return `${seconds.toFixed(2)} s`;
  return `${Number((1000 * seconds).toPrecision(3))} ms`;
}

function error(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}
