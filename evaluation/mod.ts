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

export { type Annotation, AnnotationError, firstSeconds } from "./annotation.ts";
export {
  BEAT_WINDOW_SECONDS,
  beatFMeasure,
  type Continuity,
  continuity,
  type FMeasure,
  type TempoAccuracy,
  tempoAccuracy,
  trimBeats,
} from "./beat_measures.ts";
export {
  type DifferencesDocument,
  type DownbeatPhase,
  type EventDifferences,
  eventDifferences,
  isSame,
  type MovedEvent,
  type ResultDifferences,
  resultDifferences,
} from "./differences.ts";
export { Evaluation, type EvaluationOptions } from "./evaluation.ts";
export { readAnnotation } from "./read_annotation.ts";
export {
  type EvaluationDocument,
  evaluationJson,
  type EvaluationReport,
  type EvaluationSettings,
  evaluationTables,
  type SystemReport,
  type TrackScores,
} from "./report.ts";
export { meanScores, type Measure, MEASURES, type Scores, scoresOf } from "./scores.ts";
export {
  BOUNDARY_WINDOWS_SECONDS,
  boundaryFMeasure,
  pairwiseFMeasure,
} from "./segment_measures.ts";
export {
  isStemSource,
  LoadedSystems,
  STEM_SOURCES,
  type StemSource,
  type System,
  systemName,
  type SystemOptions,
} from "./systems.ts";
export { type EvaluationTrack, findTracks, StoredResults } from "./tracks.ts";
