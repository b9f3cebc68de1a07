/**
 * Measures analyses and single stages, stores the runs, decides what became slower or less accurate, and writes reports.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { decide, DEFAULT_REGRESSION_SETTINGS, syntheticHistory } from "./mod.ts";
 * const changes = [{ stage: "network", day: 20, ratio: 1.3 }];
 * const runs = syntheticHistory({ seed: 1, days: 21, changes });
 * const { stages, verdict } = decide(runs[20]!, runs.slice(0, 20), DEFAULT_REGRESSION_SETTINGS);
 * // Times only alert once a rerun has confirmed them.
 * ok(stages.some(({ stage, verdict }) => stage === "network" && verdict === "suspect"));
 * ok(verdict === "quiet");
 * ```
 *
 * @module
 */

export type { Environment, LoadOptions } from "../models/models_folder.ts";
export type { Track } from "../pipeline/analyze_track.ts";
export type { Backend } from "../pipeline/backends/backend.ts";
export { comparedReport, decideRun, type EarlierRuns } from "./compared_report.ts";
export { decide, type DecideOptions } from "./decide.ts";
export { History, type NewRun, type RunFilter, type RunHeader } from "./history.ts";
export { parityFigures } from "./figures_of_reports.ts";
export { HistoryError } from "./history_schema.ts";
export { type CorpusTrack, findCorpus } from "./measure/corpus.ts";
export type { MeasureReply } from "./measure/measure_reply.ts";
export {
  type MeasuredAnalysis,
  type MeasuredWeights,
  type measureTrack,
} from "./measure/measure_track.ts";
export { type StageBenchesOptions, stageRun } from "./measure/stage_benches.ts";
export type { PeerPythons } from "./measure/time_variants.ts";
export { benchRun, type TrackBenchOptions } from "./measure/track_bench.ts";
export { newRun, type RunPlan } from "./measure/new_run.ts";
export {
  type NightlyOptions,
  type NightlyPart,
  nightlyRun,
  type NightlySubject,
} from "./nightly_run.ts";
export { ownNightly, type OwnNightlyOptions } from "./own_nightly.ts";
export {
  type BaselineKind,
  BASELINES,
  DECIDING_MEASURES,
  DEFAULT_REGRESSION_SETTINGS,
  readRegressionSettings,
  type RegressionSettings,
  SettingsError,
} from "./regression_settings.ts";
export { type BenchmarkFigure, benchmarkJson, measurementsCsv } from "./render/exports.ts";
export { markdownReport } from "./render/markdown.ts";
export { reportPage } from "./render/page.tsx";
export { terminalReport } from "./render/terminal.ts";
export { timingsPage, type TimingsPageOptions } from "./render/timings_page.tsx";
export { readHistoryLine, reportJson, RunReportError } from "./report_document.ts";
export {
  type HistoryRun,
  type HistoryStage,
  type ParityMargin,
  reportOfRun,
  type ReportView,
  type RunTimeline,
  type StageView,
} from "./report_view.ts";
export { TOTAL } from "./run_report.ts";
export type {
  Decision,
  HistoryChange,
  Machine,
  Measurement,
  ParityAlert,
  ParityFigure,
  ProgramVersion,
  QualityAlert,
  QualityFigure,
  ReportDocument,
  RunReport,
  RunSettings,
  RunTrack,
  StageDecision,
  StageMeasurement,
  StageTimes,
  Variant,
  WorkCounts,
} from "./run_report.ts";
export {
  roundFactor,
  SYNTHETIC_NOISE,
  type SyntheticChange,
  syntheticHistory,
  type SyntheticNoise,
  type SyntheticOptions,
} from "./synthetic.ts";
export type { StageFigures } from "./stage_figures.ts";
export type { Interval } from "./statistics.ts";
export type { TimedStage, Timeline, TimelineRow } from "./timeline.ts";
export { readTimings, type TimedRun, TimingsFileError } from "./timings_file.ts";
