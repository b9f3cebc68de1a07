/**
 * Formats the sentences of a report, which are the same in every format.
 *
 * @module
 */

import { changeFigure, errorFigure, factorFigure } from "./figures.ts";
import type { BaselineKind, RegressionSettings } from "./regression_settings.ts";
import type { ReportView } from "./report_view.ts";
import {
  type Decision,
  type HistoryChange,
  type Improvement,
  type ParityAlert,
  type QualityAlert,
  type StageDecision,
  TOTAL,
} from "./run_report.ts";

/** Returns a number with its noun, `1 run` or `2 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns the verdict in one word: `Quiet`, `Regression`, or `Measured` for a run that was not compared. */
export function verdictWord({ decision }: ReportView): string {
  if (decision === null) return "Measured";
  return decision.verdict === "quiet" ? "Quiet" : "Regression";
}

/** Returns the verdict in one sentence. */
export function verdictSentence({ decision, stages }: ReportView): string {
  if (decision !== null) return decision.sentence;
  const variants = new Set(stages.map(({ variant }) => variant)).size;
  return `${counted(variants, "variant")} ${variants === 1 ? "was" : "were"} measured; ` +
    "nothing was compared";
}

/** Returns the baseline of the ratios. */
export function baselineWords({ decision }: ReportView): string {
  if (decision === null || decision.baseline.kind === "none") return "no baseline";
  const { kind, runs, notComparable } = decision.baseline;
  const passedOver = notComparable === 0 ? "" : `, ${counted(notComparable, "run")} not comparable`;
  return `${kind} baseline of ${counted(runs.length, "run")}${passedOver}`;
}

/** Returns a seam that became worse, in words. */
function parityAlertWords(
  { suite, piece, mode, seam, reason, needs, before }: ParityAlert,
): string {
  if (reason === "missing") return `${suite}, ${piece}, ${mode}, ${seam} is no longer compared`;
  const what = reason === "outside" ? "is outside its tolerance" : "needs more than before";
  const figures = needs === null
    ? "the tolerance that it needs is unknown"
    : `it needs ${errorFigure(needs)}${before === null ? "" : `, before ${errorFigure(before)}`}`;
  return `${suite}, ${piece}, ${mode}, ${seam} ${what}: ${figures}`;
}

/** Returns a measure that fell, in words. */
function qualityAlertWords({ system, measure, value, before }: QualityAlert): string {
  if (value === null) return `${system}, ${measure} is no longer measured`;
  return `${system}, ${measure} fell from ${before.toFixed(3)} to ${value.toFixed(3)}`;
}

/** Returns a change point, in words. */
export function changeWords(
  { variant, stage, startedAt, ratio, isAlert }: HistoryChange,
): string {
  return `${variant}, ${stage}: ${changeFigure(ratio)} since ${startedAt.slice(0, 10)}` +
    (isAlert ? " (new)" : "");
}

/** Returns all findings apart from those of the stages. */
export function alertWords(decision: Decision | null): string[] {
  if (decision === null) return [];
  return [
    ...decision.parity.map(parityAlertWords),
    ...decision.quality.map(qualityAlertWords),
    ...decision.steps.filter(({ isAlert }) => isAlert).map(changeWords),
  ];
}

/** Returns what became much better, and how the environment differs from that of the baseline. */
export function noticeWords(decision: Decision | null): string[] {
  const better: Readonly<Record<Improvement["what"], string>> = {
    stage: "times as fast as before",
    seam: "times as exact as before",
  };
  return [
    ...(decision?.improvements ?? []).map(({ what, name, factor }) =>
      `${name} is ${factorFigure(factor)} ${better[what]}: a computation may have been skipped`
    ),
    ...(decision?.environment ?? []).map(({ name, before, now }) =>
      `${name} is ${now ?? "unknown"}, in the baseline ${before ?? "unknown"}`
    ),
  ];
}

/** A decision without its verdict. */
export type Findings = Omit<Decision, "verdict" | "sentence">;

/** Circumstances of a decision that it does not keep. */
export interface SentenceContext {
  /** Number of seams that passed. */
  readonly seams: number;
  /** Stages that looked slower, but not in the rerun. */
  readonly notConfirmed: readonly StageDecision[];
  /** Change points that alert; none before a rerun has confirmed them. */
  readonly changes: readonly HistoryChange[];
  /** Reason why the pinned run is not comparable; null if it is, or if none is pinned. */
  readonly whyNot: string | null;
  /** What the settings let decide on stages. */
  readonly decideBy: RegressionSettings["decideBy"];
}

/**
 * Returns the worst finding in one sentence, or what was compared if there is no finding.
 *
 * @param findings all findings
 * @param context circumstances of the decision
 * @returns the sentence without a full stop
 */
export function decisionSentence(findings: Findings, context: SentenceContext): string {
  const [first, ...more] = [
    ...findings.parity.filter(({ reason }) => reason === "outside").map(paritySentence),
    ...byRatio(findings.stages, "slower").map((stage) => slowerSentence(findings, stage, "is")),
    ...context.changes.map((change) => changeSentence(findings, change)),
    ...findings.parity.filter(({ reason }) => reason === "grown").map(paritySentence),
    ...findings.parity.filter(({ reason }) => reason === "missing").map(missingSentence),
    ...findings.quality.map(qualitySentence),
  ];
  if (first !== undefined) {
    return `${first}${more.length === 0 ? "" : `; ${more.length} more ${plural(more.length)}`}`;
  }
  const [suspect] = byRatio(findings.stages, "suspect");
  if (suspect !== undefined) {
    return `${slowerSentence(findings, suspect, "looks")}: a rerun has to confirm it`;
  }
  const seams = context.seams === 0 ? "" : `${counted(context.seams, "seam")} within tolerance`;
  return [quietSentence(findings, context), seams, decidedBy(findings, context)].filter(Boolean)
    .join("; ");
}

/** Returns what decided on the stages, where the settings require instructions. */
function decidedBy({ stages }: Findings, { decideBy }: SentenceContext): string {
  const compared = stages.filter(({ ratio }) => ratio !== null);
  if (decideBy === "seconds" || compared.length === 0) return "";
  const counted = compared.filter(({ instructions }) => instructions !== undefined).length;
  if (counted === compared.length) return "decided by instructions";
  if (counted === 0) return "decided by seconds, since instructions were not counted";
  return `${counted} of ${compared.length} stages decided by instructions`;
}

function plural(count: number): string {
  return count === 1 ? "finding" : "findings";
}

/** Returns the slowest stage first; the whole follows its parts if both are equally slow. */
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
  if (stage.instructions !== undefined) {
    const { median, baseline } = stage.instructions;
    const verbs: Readonly<Record<string, string>> = { is: "takes", looks: "seems to take" };
    return `${nameOf(findings, stage)} ${verbs[verb] ?? "took"} ${
      percent(stage.ratio! - 1)
    } more ` +
      `instructions than ${baselineName(findings)} (${instructionCount(median)}, was ${
        instructionCount(baseline)
      })`;
  }
  return `${nameOf(findings, stage)} ${verb} ${percent(stage.ratio! - 1)} slower than ` +
    `${baselineName(findings)} (${duration(stage.median)}, was ${duration(stage.baseline!)})`;
}

function changeSentence(findings: Findings, change: HistoryChange): string {
  return `${nameOf(findings, change)} has been ${percent(change.ratio - 1)} slower since ` +
    change.startedAt.slice(0, 10);
}

function missingSentence({ suite, piece, mode, seam }: ParityAlert): string {
  return `${seam} is no longer compared in ${suite}, ${piece}, ${mode}`;
}

function qualitySentence({ system, measure, value, before }: QualityAlert): string {
  if (value === null) return `${measure} of ${system} is no longer measured`;
  return `${measure} of ${system} fell to ${value.toFixed(3)} from ${before.toFixed(3)}`;
}

function quietSentence(findings: Findings, { notConfirmed, whyNot }: SentenceContext): string {
  const compared = findings.stages.filter(({ ratio }) => ratio !== null);
  if (compared.length === 0) {
    const { notComparable } = findings.baseline;
    if (whyNot !== null) return `Nothing to compare with: the pinned run has ${whyNot}`;
    const runs = notComparable === 1 ? "1 run is" : `${notComparable} runs are`;
    return `Nothing to compare with${notComparable === 0 ? " yet" : `: ${runs} not comparable`}`;
  }
  const [unknown] = byRatio(findings.stages, "unknown");
  if (unknown !== undefined) {
    return `${slowerSentence(findings, unknown, "looks")}, but too few rounds ran for a test: ` +
      "take more";
  }
  const [again] = [...notConfirmed].sort((a, b) => b.ratio! - a.ratio!);
  if (again !== undefined) {
    return `Nothing became slower: ${slowerSentence(findings, again, "was")} at first, ` +
      "but not in the rerun";
  }
  const totals = compared.filter(({ stage }) => stage === TOTAL);
  const [slowest] = (totals.length > 0 ? totals : compared).sort((a, b) => b.ratio! - a.ratio!);
  const change = slowest!.ratio! - 1;
  const { instructions } = slowest!;
  const amount = instructions === undefined
    ? duration(slowest!.median)
    : instructionCount(instructions.median);
  return `Nothing became slower: ${nameOf(findings, slowest!)} took ${amount}, ` +
    `${percent(Math.abs(change))} ${change < 0 ? "less" : "more"} than ${baselineName(findings)}`;
}

/** Returns the name of a stage, with the variant if there are several. */
function nameOf({ stages }: Findings, { variant, stage }: StageDecision | HistoryChange): string {
  const hasVariants = stages.some((other) => other.variant !== variant);
  const name = stage === TOTAL ? "the whole" : stage;
  return hasVariants ? `${name} (${variant})` : name;
}

function baselineName({ baseline: { kind, runs } }: Findings): string {
  const names: Readonly<Record<BaselineKind | "none", string>> = {
    none: "nothing",
    pinned: "the pinned run",
    previous: "the previous run",
    rolling: runs.length === 1 ? "the previous run" : `the median of the last ${runs.length} runs`,
  };
  return names[kind];
}

/** Returns `12 %`; small shares with a decimal. */
function percent(share: number): string {
  const value = 100 * share;
  return `${value < 9.95 ? Number(value.toFixed(1)) : value.toFixed(0)} %`;
}

/** Returns seconds from a tenth on, milliseconds below. */
function duration(seconds: number): string {
  if (seconds >= 0.1) return `${seconds.toFixed(2)} s`;
  return `${Number((1000 * seconds).toPrecision(3))} ms`;
}

/** Returns a number of instructions, such as `1.23e9 instructions`. */
function instructionCount(count: number): string {
  return `${count.toExponential(2)} instructions`;
}

function error(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}
