/**
 * How good beats, downbeats, segments and tempi are: mir_eval's measures, truth from files, systems side by side.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { scoresOf } from "./mod.ts";
 * const truth = { beats: [5, 5.5, 6, 6.5], downbeats: [5], segments: null, bpm: 120 };
 * const late = { ...truth, beats: truth.beats.map((time) => time + 0.06), bpm: 60 };
 * const scores = scoresOf(truth, late);
 * ok(scores.beat_f === 1 && scores.tempo_accuracy_1 === 0 && scores.tempo_accuracy_2 === 1);
 * ```
 *
 * @module
 */

export * from "./annotation.ts";
export * from "./beat_f_measure.ts";
export * from "./boundary_f_measure.ts";
export * from "./continuity.ts";
export * from "./evaluation.ts";
export * from "./event_differences.ts";
export * from "./f_measure.ts";
export * from "./jams_annotation.ts";
export * from "./match_events.ts";
export * from "./pairwise_f_measure.ts";
export * from "./read_annotation.ts";
export * from "./report.ts";
export * from "./result_annotation.ts";
export * from "./result_differences.ts";
export * from "./scores.ts";
export * from "./segment_span.ts";
export * from "./stored_results.ts";
export * from "./systems.ts";
export * from "./tempo_accuracy.ts";
export * from "./track_audio.ts";
export * from "./tracks.ts";
