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
export * from "./baseline.ts";
export * from "./change_points.ts";
export * from "./compared_report.ts";
export * from "./decide.ts";
export * from "./figures_of_reports.ts";
export * from "./history.ts";
export * from "./history_schema.ts";
export * from "./machine.ts";
export * from "./mann_whitney.ts";
export type { PeerPythons } from "./measure/time_variants.ts";
export { type CorpusTrack, findCorpus } from "./measure/corpus.ts";
export type { MeasureReply } from "./measure/measure_reply.ts";
export {
  type MeasuredAnalysis,
  type MeasuredWeights,
  type measureTrack,
} from "./measure/measure_track.ts";
export { type StageBenchesOptions, stageRun } from "./measure/stage_benches.ts";
export { benchRun, type TrackBenchOptions } from "./measure/track_bench.ts";
export * from "./nightly_run.ts";
export * from "./regression_settings.ts";
export * from "./render/bench_tables.ts";
export * from "./render/exports.ts";
export * from "./render/markdown.ts";
export * from "./render/page.tsx";
export * from "./render/terminal.ts";
export * from "./render/timings_page.tsx";
export * from "./report_document.ts";
export * from "./report_view.ts";
export * from "./run_report.ts";
export * from "./stage_figures.ts";
export * from "./statistics.ts";
export * from "./synthetic.ts";
export * from "./timeline.ts";
export * from "./timings_file.ts";
