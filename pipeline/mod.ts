/**
 * The analysis of tracks: the stages, one file a stage in the order of the data (`mixture.ts` and `demix.ts`,
 * or `stems.ts`; `spectrogram.ts`, `network.ts`, `activations.ts`, `metrical.ts`, `functional.ts`), and the run
 * of tracks through them. `stages.ts` is the table of stages, `seams.ts` the table of seams.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { AnalysisRun } from "./mod.ts";
 * const run = new AnalysisRun({ model: "embedded", demixer: "hpss-mix", shifts: [0], embeddings: false });
 * const { result } = await run.analyze({ path: "fixtures/audio/four_four/mix.flac", name: "demo" });
 * equal(result.bpm, 125);
 * await run.close();
 * ```
 *
 * @module
 */

export * from "../core/tensor.ts";
export { foldNames, loadModel, MODEL_NAMES } from "../models/registry.ts";
export * from "./activations.ts";
export * from "./analysis_run.ts";
export * from "./analyze_track.ts";
export * from "./audio_files.ts";
export * from "./backends/backend.ts";
export type { DemixSession, SegmentOutput } from "./backends/demix_session.ts";
export { type DemixerOptions, loadDemixer } from "./backends/demixers.ts";
export * from "./backends/devices.ts";
export * from "./demix.ts";
export { FfmpegError, type FfmpegOptions } from "./ffmpeg.ts";
export * from "./functional.ts";
export * from "./guard.ts";
export * from "./levels.ts";
export * from "./metrical.ts";
export * from "./mixture.ts";
export * from "./network.ts";
export * from "./result.ts";
export * from "./runner.ts";
export * from "./seams.ts";
export * from "./shifts.ts";
export * from "./spectrogram.ts";
export * from "./stages.ts";
export * from "./stems.ts";
export * from "./tempo.ts";
