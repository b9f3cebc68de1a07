/**
 * What a run measured, its history, what became slower or worse, and the reports of it.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { decide, DEFAULT_REGRESSION_SETTINGS, syntheticHistory } from "./mod.ts";
 * const changes = [{ stage: "network", night: 20, ratio: 1.3 }];
 * const nights = syntheticHistory({ seed: 1, nights: 21, changes });
 * const { stages, verdict } = decide(nights[20]!, nights.slice(0, 20), DEFAULT_REGRESSION_SETTINGS);
 * // Times only alert once a rerun has confirmed them.
 * ok(stages.some(({ stage, verdict }) => stage === "network" && verdict === "suspect"));
 * ok(verdict === "quiet");
 * ```
 *
 * @module
 */

export * from "./baseline.ts";
export * from "./render/benchmark_json.ts";
export * from "./comparable.ts";
export * from "./render/csv.ts";
export * from "./decide.ts";
export * from "./run_report.ts";
export * from "./decision_sentence.ts";
export * from "./figures.ts";
export * from "./figures_of_reports.ts";
export * from "./history.ts";
export * from "./history_night.ts";
export * from "./history_schema.ts";
export * from "./machine.ts";
export * from "./mann_whitney.ts";
export * from "./render/markdown.ts";
export * from "./nights.ts";
export * from "./parity_alerts.ts";
export * from "./program_version.ts";
export * from "./quality_alerts.ts";
export * from "./regression_settings.ts";
export * from "./regression_trial.ts";
export * from "./report_of_run.ts";
export * from "./report_view.ts";
export * from "./resume.ts";
export * from "./run_report.ts";
export * from "./stage_decisions.ts";
export * from "./stage_figures.ts";
export * from "./stage_names.ts";
export * from "./stage_samples.ts";
export * from "./stage_steps.ts";
export * from "./statistics.ts";
export * from "./steps.ts";
export * from "./synthetic.ts";
export * from "./render/terminal.ts";
export * from "./timeline.ts";
export * from "./timings_file.ts";
export * from "./words.ts";
export * from "./render/page.ts";
export * from "./render/timings_page.ts";
