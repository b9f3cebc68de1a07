/**
 * Result of a track: upstream's keys and what is added to them.
 *
 * @module
 */

import { type DecodedMetre, DECODER_DEFAULTS, type DecoderOptions } from "../kernels/mod.ts";
import { LABELS } from "./functional.ts";
import { labelConfidences } from "./label_confidence.ts";
import type { AnalysisResult, Provenance } from "./result_types.ts";
import type { Seams } from "./seams.ts";
import { fitSegments, type SegmentOptions } from "./segment_fit.ts";
import { type BpmRange, fitTempo } from "./tempo_fit.ts";

export type * from "./result_types.ts";

/** Seams that a result is made of. */
export type ResultSeams = Pick<
  Seams,
  "beats" | "beat_positions" | "bpm" | "boundaries" | "labels" | "activations.function"
>;

/** What is searched for, and how it is told. */
export interface FindingOptions {
  /** Tempi and bars that the beat decoder tries; allin1's by default. */
  readonly decoder?: DecoderOptions;
  /** Range into which the fitted tempo is moved by octaves; absent to keep the tempo of the beats. */
  readonly bpmRange?: BpmRange;
  /** Changes of the segments; absent for none. */
  readonly segments?: SegmentOptions;
}

/** Upstream's keys of a result, without the path. */
export type Findings = Omit<
  AnalysisResult,
  "path" | "tempo" | "metre" | "label_confidence" | "provenance"
>;

/**
 * Joins the last seams into upstream's keys of a result.
 *
 * @param seams the outputs of the metrical and functional stages
 */
export function findings(seams: Omit<ResultSeams, "activations.function">): Findings {
  const positions = [...seams.beat_positions.data];
  const beats = [...seams.beats.data];
  const boundaries = seams.boundaries.data;
  return {
    bpm: seams.bpm.data[0] ?? null,
    beats,
    downbeats: beats.filter((_, beat) => positions[beat] === 1),
    beat_positions: positions,
    segments: Array.from(seams.labels.data, (label, segment) => ({
      start: boundaries[segment] ?? NaN,
      end: boundaries[segment + 1] ?? NaN,
      label: LABELS[label] ?? String(label),
    })),
  };
}

/**
 * Joins the last seams into a result.
 *
 * @param path absolute path of the track
 * @param seams the outputs of the metrical and functional stages
 * @param metre length of the bars, as the decoder found it
 * @param provenance provenance of the result
 * @param options range of the tempo, and changes of the segments
 * @param startSeconds time in the track at which the seams begin
 */
export function analysisResult(
  path: string,
  seams: ResultSeams,
  metre: DecodedMetre | null,
  provenance: Provenance,
  options: FindingOptions = {},
  startSeconds = 0,
): AnalysisResult {
  const found = later(findings(seams), startSeconds);
  const segments = options.segments === undefined
    ? found.segments
    : fitSegments(found.segments, found.downbeats, options.segments);
  return {
    path,
    ...found,
    segments,
    tempo: fitTempo(found.beats, found.beat_positions, options.bpmRange),
    metre: metre && {
      beats_per_bar: metre.beatsPerBar,
      disagreement: metre.disagreeing / metre.bars,
      confidence: metre.confidence,
    },
    label_confidence: labelConfidences(segments, seams["activations.function"], startSeconds),
    provenance,
  };
}

/** Moves all times by some seconds. */
function later(found: Findings, seconds: number): Findings {
  if (seconds === 0) return found;
  // The sum of two decimal fractions is not always the nearest number to theirs.
  const move = (time: number): number => Math.round((time + seconds) * 1e9) / 1e9;
  return {
    ...found,
    beats: found.beats.map(move),
    downbeats: found.downbeats.map(move),
    segments: found.segments.map(({ start, end, label }) => ({
      ...{ start: move(start), end: move(end), label },
    })),
  };
}

/**
 * Describes options for the provenance of a result.
 *
 * @param options options of the analysis
 */
export function findingProvenance(
  { decoder = DECODER_DEFAULTS, bpmRange, segments }: FindingOptions,
): Pick<Provenance, "beat_decoder" | "bpm_range" | "segment_changes"> {
  const { minBpm, maxBpm, beatsPerBar, transitionLambda } = decoder;
  const isDefault = minBpm === DECODER_DEFAULTS.minBpm && maxBpm === DECODER_DEFAULTS.maxBpm &&
    beatsPerBar.join() === DECODER_DEFAULTS.beatsPerBar.join() &&
    transitionLambda === DECODER_DEFAULTS.transitionLambda;
  return {
    beat_decoder: isDefault ? null : {
      min_bpm: minBpm,
      max_bpm: maxBpm,
      beats_per_bar: beatsPerBar,
      transition_lambda: transitionLambda,
    },
    bpm_range: bpmRange ?? null,
    segment_changes: segments === undefined ? null : {
      snap: segments.snap ?? null,
      merge: segments.merge ?? false,
      min_segment: segments.minSegmentSeconds ?? 0,
    },
  };
}

/** Returns JSON with an indent of two spaces and each array of numbers on one line, as upstream. */
export function resultToJson(result: AnalysisResult): string {
  const json = JSON.stringify(result, null, 2);
  const numbers = /\[\n(?:\s*-?\d[\d.e+-]*,\n)*\s*-?\d[\d.e+-]*\n\s*\]/g;
  return json.replace(numbers, (array) => array.replace(/\s+/g, "")) + "\n";
}
