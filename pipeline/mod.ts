/**
 * One track through the stages, one file a stage, in the order of the data: `mixture.ts` and
 * `demix.ts`, or `stems.ts`; `spectrogram.ts`, `network.ts`, `activations.ts`, `metrical.ts`, `functional.ts`. The table of
 * stages and seams is `stages.ts`.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { spectrogram, tensor } from "./mod.ts";
 * const stems = tensor("i16", [4, 2, 44_100], new Int16Array(4 * 2 * 44_100));
 * const { shape } = await spectrogram(stems);
 * ok(shape.join() === "4,100,81");
 * ```
 *
 * @module
 */

export * from "./activations.ts";
export * from "./analyze_track.ts";
export type { Backend, ComputeOptions } from "./backends/backend.ts";
export type { DemixSession, SegmentOutput } from "./backends/demix_session.ts";
export { type DemixerOptions, loadDemixer } from "./backends/demixers.ts";
export * from "./demix.ts";
export * from "./functional.ts";
export * from "./guard.ts";
export * from "./metrical.ts";
export * from "./mixture.ts";
export * from "./network.ts";
export * from "./result.ts";
export * from "./runner.ts";
export * from "./shifts.ts";
export * from "./spectrogram.ts";
export * from "./seams.ts";
export * from "./stages.ts";
export * from "./stems.ts";
export * from "./tempo.ts";
export { foldNames, loadModel, MODEL_NAMES } from "../models/registry.ts";
export * from "../core/tensor.ts";
