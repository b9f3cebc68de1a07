/**
 * Evaluation of beats, downbeats, segments and tempi against known truth: mir_eval's measures, annotation files, and
 * systems compared with each other.
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
export * from "./beat_measures.ts";
export * from "./differences.ts";
export * from "./evaluation.ts";
export * from "./read_annotation.ts";
export * from "./report.ts";
export * from "./scores.ts";
export * from "./segment_measures.ts";
export * from "./systems.ts";
export * from "./tracks.ts";
