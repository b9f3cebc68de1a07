/**
 * Decides whether a run is a regression.
 *
 * @module
 */

import {
  type Baseline,
  chooseBaseline,
  countedRun,
  earlierSamples,
  sampledRun,
  whyNotComparable,
} from "./baseline.ts";
import type { SampledRun } from "./baseline.ts";
import { ANALYSED } from "./figures_of_reports.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type {
  Decision,
  EnvironmentChange,
  HistoryChange,
  Improvement,
  ParityAlert,
  ParityFigure,
  QualityAlert,
  QualityFigure,
  RunReport,
  StageDecision,
} from "./run_report.ts";
import { stageChanges } from "./stage_changes.ts";
import { stageDecisions } from "./stage_decisions.ts";
import { median } from "./statistics.ts";
import { decisionSentence } from "./words.ts";

/** Runs of a decision other than the history. */
export interface DecideOptions {
  /** Id of the pinned run, which the history must contain if the settings require a pinned baseline. */
  readonly pinned?: string;
  /** Rerun of the run, with all variants or only the suspect ones. */
  readonly confirmation?: RunReport;
}

/**
 * Compares a run with earlier runs.
 *
 * Times only alert with a rerun. Without a rerun, stages that look slower are `suspect`, and neither they nor change
 * points make the verdict a regression. {@linkcode needsRerun} returns whether a rerun is needed. Seams and measures do
 * not vary between runs and alert without one. The same arguments give the same decision.
 *
 * @param run the run
 * @param history runs in any order; the run itself and later ones are ignored
 * @param settings thresholds
 * @param options pinned run and rerun
 * @throws {Error} if the settings require a pinned baseline and the run is not in the history, or if the rerun is not
 * comparable
 */
export function decide(
  run: RunReport,
  history: readonly RunReport[],
  settings: RegressionSettings,
  { pinned, confirmation }: DecideOptions = {},
): Decision {
  const earlier = earlierSamples(run, history);
  const pinnedRun = history.find(({ id }) => id === pinned);
  const baseline = chooseBaseline(run, earlier.runs, settings, pinnedRun);
  const rerun = confirmation && checkedRerun(run, confirmation);
  const compared = { run: sampledRun(run), earlier: earlier.runs, baseline };
  const first = timeFindings(compared, settings).stages;
  const { stages, changePoints } = rerun
    ? timeFindings({ ...compared, rerun }, settings)
    : timeFindings(compared, settings);
  const references = settings.baseline === "pinned"
    ? [pinnedRun!].filter(({ machine }) => machine.fingerprint === run.machine.fingerprint)
    : earlier.sameMachine;
  const count = settings.baseline === "rolling" ? settings.nights : 1;
  const findings = {
    baseline: {
      kind: baseline.runs.length === 0 ? "none" as const : baseline.kind,
      runs: baseline.runs.map(({ run }) => run.id),
      notComparable: earlier.notComparable,
    },
    stages,
    parity: parityAlerts(run, lastWith("parity", references, count), settings),
    quality: qualityAlerts(run, lastWith("quality", references, count), settings),
    steps: changePoints,
    improvements: improvements(run, stages, lastWith("parity", references, count), settings),
    environment: environmentChanges(run, baseline.runs.at(-1)?.run),
  };
  const changes = rerun ? changePoints.filter(({ isAlert }) => isAlert) : [];
  const isRegression = stages.some(({ verdict }) => verdict === "slower") ||
    changes.length > 0 || findings.parity.length > 0 || findings.quality.length > 0;
  const sentence = decisionSentence(findings, {
    seams: run.parity.filter(({ verdict }) => verdict === "pass").length,
    notConfirmed: first.filter(({ verdict }, at) =>
      verdict === "suspect" && stages[at]!.verdict === "same"
    ),
    changes,
    whyNot: baseline.whyNot,
    decideBy: settings.decideBy,
  });
  return { verdict: isRegression ? "regression" : "quiet", sentence, ...findings };
}

/** Returns whether the times of a decision without a rerun would alert if a rerun confirmed them. */
export function needsRerun({ stages, steps: changePoints }: Decision): boolean {
  return stages.some(({ verdict }) => verdict === "suspect") ||
    changePoints.some(({ isAlert }) => isAlert);
}

/** Runs that the stages of a run are compared with. */
interface ComparedRuns {
  readonly run: SampledRun;
  readonly earlier: readonly SampledRun[];
  readonly baseline: Baseline;
  readonly rerun?: SampledRun;
}

/**
 * Decides on all stages and finds their change points: by seconds, or by instructions where the settings require them
 * and the run and its baseline have counted them.
 */
function timeFindings(
  { run, earlier, baseline, rerun }: ComparedRuns,
  settings: RegressionSettings,
): { stages: StageDecision[]; changePoints: HistoryChange[] } {
  const bySeconds = {
    stages: stageDecisions(run, earlier, baseline, settings, rerun),
    changePoints: stageChanges(run, earlier, settings, rerun),
  };
  if (settings.decideBy === "seconds") return bySeconds;
  const counted = (one: SampledRun): SampledRun => countedRun(one.run);
  const runs = {
    run: counted(run),
    earlier: earlier.map(counted),
    baseline: { ...baseline, runs: baseline.runs.map(counted) },
    rerun: rerun && counted(rerun),
  };
  const strict = settingsOfInstructions(settings);
  const decided = stageDecisions(runs.run, runs.earlier, runs.baseline, strict, runs.rerun)
    .filter((stage) => stage.baseline !== null);
  const isCounted = (one: { variant: string; stage: string }): boolean =>
    decided.some(({ variant, stage }) => variant === one.variant && stage === one.stage);
  return {
    stages: bySeconds.stages.map((stage) => {
      const own = decided.find((one) => isSameStage(one, stage));
      if (own === undefined) return stage;
      const { ratio, pValue, minimum, verdict, median, baseline } = own;
      const instructions = { median, baseline: baseline! };
      return { ...stage, ratio, pValue, minimum, verdict, instructions };
    }),
    changePoints: [
      ...bySeconds.changePoints.filter((change) => !isCounted(change)),
      ...stageChanges(runs.run, runs.earlier, strict, runs.rerun).filter(isCounted),
    ],
  };
}

function isSameStage(one: StageDecision, other: StageDecision): boolean {
  return one.variant === other.variant && one.stage === other.stage;
}

/** Returns the thresholds of instructions: one minimum for all stages, and no least number of them. */
function settingsOfInstructions(settings: RegressionSettings): RegressionSettings {
  const { minimum, factor, assumed } = settings.instructions;
  return {
    ...settings,
    ...{ minimum, minimums: {}, minimumSeconds: 0 },
    // Other work of the machine hardly changes them, so that passes tell nothing about runs.
    spread: { ...settings.spread, factor, assumed, ofPasses: 0 },
    changePoints: { ...settings.changePoints, minimum },
  };
}

function checkedRerun(run: RunReport, rerun: RunReport): SampledRun {
  const whyNot = whyNotComparable(run, rerun);
  if (whyNot === null) return sampledRun(rerun);
  throw new Error(
    `The rerun cannot confirm the run, since it has ${whyNot}: use the settings of the run`,
  );
}

/** Returns the last runs that have figures of a kind, which not every run measures. */
function lastWith(
  figures: "parity" | "quality",
  runs: readonly RunReport[],
  count: number,
): RunReport[] {
  return runs.filter((run) => run[figures].length > 0).slice(-count);
}

/**
 * Returns the seams of a run that are outside of their tolerance, have a much larger error than before, or are missing.
 * A run without any seam skipped parity.
 *
 * @param run the run
 * @param before runs that it is compared with; those without the seam are ignored
 * @param settings growth of an error that alerts
 * @returns alerts in the order of the run, missing seams last
 */
export function parityAlerts(
  run: RunReport,
  before: readonly RunReport[],
  { parity: { growth, floor } }: RegressionSettings,
): ParityAlert[] {
  const known = Map.groupBy(
    before.flatMap(({ parity }) => parity).filter(({ needs }) => needs !== null),
    seamKey,
  );
  const worse = run.parity.flatMap((figure): ParityAlert[] => {
    const { suite, piece, mode, seam, needs, verdict } = figure;
    const earlier = known.get(seamKey(figure));
    const usual = earlier === undefined ? null : median(earlier.map(({ needs }) => needs!));
    const hasGrown = needs !== null && usual !== null && needs > floor && needs > growth * usual;
    if (verdict !== "fail" && !hasGrown) return [];
    const reason = verdict === "fail" ? "outside" : "grown";
    return [{ suite, piece, mode, seam, reason, needs, before: usual }];
  });
  return [...worse, ...missingSeams(run, before.at(-1))];
}

/** Error that one of 0 counts as, which has no factor. */
const SMALLEST_ERROR = 1e-12;

/**
 * Returns what became much better than before. A computation may have been skipped; nothing alerts.
 *
 * @param run the run
 * @param stages its stages, decided
 * @param before runs that its seams are compared with
 * @param settings changes that are reported
 */
function improvements(
  run: RunReport,
  stages: readonly StageDecision[],
  before: readonly RunReport[],
  { improvement: { exact, faster }, parity: { floor } }: RegressionSettings,
): Improvement[] {
  const known = Map.groupBy(
    before.flatMap(({ parity }) => parity).filter(({ needs }) => needs !== null),
    seamKey,
  );
  return [
    ...stages.flatMap(({ variant, stage, verdict, ratio }): Improvement[] =>
      verdict === "faster" && ratio !== null && ratio > 0 && ratio <= 1 - faster
        ? [{ what: "stage", name: `${variant}, ${stage}`, factor: 1 / ratio }]
        : []
    ),
    ...run.parity.flatMap((figure): Improvement[] => {
      const { suite, piece, mode, seam, needs } = figure;
      const earlier = known.get(seamKey(figure));
      if (needs === null || earlier === undefined) return [];
      const usual = median(earlier.map(({ needs }) => needs!));
      const factor = usual / Math.max(needs, SMALLEST_ERROR);
      return usual > floor && factor >= exact
        ? [{ what: "seam", name: `${suite}, ${piece}, ${mode}, ${seam}`, factor }]
        : [];
    }),
  ];
}

/**
 * Returns the differences of a run's environment to that of an earlier run of the same machine.
 *
 * @param run the run
 * @param before the newest run of the baseline; undefined for none
 */
export function environmentChanges(
  run: Pick<RunReport, "versions">,
  before: Pick<RunReport, "versions"> | undefined,
): EnvironmentChange[] {
  if (before === undefined) return [];
  const names = new Set([...Object.keys(before.versions), ...Object.keys(run.versions)]);
  return [...names].flatMap((name): EnvironmentChange[] => {
    const [was, is] = [before, run].map(({ versions }) => versions[name] ?? null);
    return was === is ? [] : [{ name, before: was!, now: is! }];
  });
}

/** Returns the seams that the last run compared and the run does not. */
function missingSeams({ parity }: RunReport, last: RunReport | undefined): ParityAlert[] {
  if (parity.length === 0 || last === undefined) return [];
  const compared = new Set(parity.map(seamKey));
  return last.parity.filter((figure) => !compared.has(seamKey(figure)))
    .map(({ suite, piece, mode, seam, needs }) => ({
      ...{ suite, piece, mode, seam, reason: "missing", needs: null, before: needs },
    }));
}

function seamKey({ suite, piece, mode, stage, seam }: ParityFigure): string {
  return JSON.stringify([suite, piece, mode, stage, seam]);
}

/**
 * Returns the measures of a run that are lower than before by more than allowed, or missing, and tracks that could not
 * be analysed. A run without any measure skipped evaluation.
 *
 * @param run the run
 * @param before runs that it is compared with; those with another number of tracks are ignored
 * @param settings fall of a measure that alerts
 * @returns alerts in the order of the run, missing measures last
 */
export function qualityAlerts(
  run: RunReport,
  before: readonly RunReport[],
  { quality: { fall } }: RegressionSettings,
): QualityAlert[] {
  const fallen = run.quality.flatMap(({ system, measure, value, tracks }) => {
    const earlier = before.flatMap(({ quality }) => quality).filter((one) =>
      one.system === system && one.measure === measure && one.tracks === tracks
    );
    const usual = measure === ANALYSED ? 1 : median(earlier.map((one) => one.value));
    return value < usual - fall ? [{ system, measure, value, before: usual }] : [];
  });
  const isMissing = (one: QualityFigure): boolean =>
    !run.quality.some(({ system, measure }) => system === one.system && measure === one.measure);
  const known = run.quality.length === 0 ? [] : before.at(-1)?.quality ?? [];
  return [
    ...fallen,
    ...known.filter(isMissing)
      .map(({ system, measure, value }) => ({ system, measure, value: null, before: value })),
  ];
}
