/**
 * The result of a track, as upstream writes it.
 *
 * @module
 */

import { LABELS } from "./functional.ts";
import type { Seams } from "./seams.ts";

/** A part of the track with one function. */
export interface Segment {
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  /** One of the labels, such as `verse`. */
  readonly label: string;
}

/** A file that was read. */
export interface AudioFile {
  /** Its name. */
  readonly file: string;
  /** Short name of its codec, such as `mp3`. */
  readonly codec: string;
  /** Hz that it is stored at. */
  readonly sample_rate: number;
}

/** What a guard saw of one stage on the first seconds. */
export interface GuardProvenance {
  /** Name of the stage. */
  readonly stage: string;
  /** Who judged. */
  readonly judge: string;
  /** The seam that differs most. */
  readonly seam: string;
  /** Smallest tolerance that passes; null where the two cannot be compared. */
  readonly needs: number | null;
  /** Whether the judge computed the whole run. */
  readonly fell_back: boolean;
}

/** How a result came about, so that it can be made again. */
export interface Provenance {
  /** Program and version. */
  readonly program: string;
  /** Name of the model. */
  readonly model: string;
  /** The weights of each fold. */
  readonly weights: readonly { readonly name: string; readonly sha256: string }[];
  /** Who separated the stems; `external` when they were given. */
  readonly demixer: string;
  /** SHA-256 of the separation network's weights; null where there was none. */
  readonly demixer_weights: string | null;
  /**
   * Samples that each pass of the separation was shifted by, null for a pass that was not; null where
   * there was no network.
   */
  readonly demix_shifts: readonly (number | null)[] | null;
  /** Which of demixer and model the program chose by itself. */
  readonly automatic: readonly ("demixer" | "model")[];
  /** The mix that was separated. */
  readonly mix: AudioFile | null;
  /** The stems that were given. */
  readonly stems: readonly (AudioFile & { readonly name: string })[];
  /**
   * SHA-256 of the seam `stems16`: of stereo where stems are given or kept; of the mean of both channels where a mix is
   * separated and they are not, and of given stems of more than twelve minutes.
   */
  readonly stems16_sha256: string;
  /** Who computed each stage. */
  readonly backends: Readonly<Record<string, string>>;
  /** What `--guard` allowed and saw; null where nobody guarded. */
  readonly guard: {
    /** How much of the beginning was computed twice. */
    readonly seconds: number;
    /** What float seams were allowed. */
    readonly tolerance: number;
    /** What it saw, in the order of the stages. */
    readonly stages: readonly GuardProvenance[];
  } | null;
  /** What ONNX Runtime computed on. */
  readonly device: string;
  /** Versions of what computed it. */
  readonly versions: Readonly<Record<string, string>>;
  /** Hz. */
  readonly sample_rate: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Frames a second of activations and embeddings. */
  readonly fps: number;
}

/** The analysis of one track; upstream's keys, and `provenance`. */
export interface AnalysisResult {
  /** Absolute path of the track. */
  readonly path: string;
  /** Beats a minute; null when there are fewer than two beats. */
  readonly bpm: number | null;
  /** Seconds, ascending. */
  readonly beats: readonly number[];
  /** Seconds; the beats at position 1. */
  readonly downbeats: readonly number[];
  /** Position of each beat in its bar; 1 = downbeat. */
  readonly beat_positions: readonly number[];
  /** The parts of the track, in order, without gaps. */
  readonly segments: readonly Segment[];
  /** How the result came about. */
  readonly provenance: Provenance;
}

/** The seams that a result is made of. */
export type ResultSeams = Pick<
  Seams,
  "beats" | "beat_positions" | "bpm" | "boundaries" | "labels"
>;

/** What was found in a track, without where and how. */
export type Findings = Omit<AnalysisResult, "path" | "provenance">;

/**
 * Joins the last seams.
 *
 * @param seams the outputs of the metrical and functional stages
 */
export function findings(seams: ResultSeams): Findings {
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
 * @param provenance how they came about
 */
export function analysisResult(
  path: string,
  seams: ResultSeams,
  provenance: Provenance,
): AnalysisResult {
  return { path, ...findings(seams), provenance };
}

/** JSON with two spaces of indent and each array of numbers on one line, as upstream lays it out. */
export function resultToJson(result: AnalysisResult): string {
  const json = JSON.stringify(result, null, 2);
  const numbers = /\[\n(?:\s*-?\d[\d.e+-]*,\n)*\s*-?\d[\d.e+-]*\n\s*\]/g;
  return json.replace(numbers, (array) => array.replace(/\s+/g, "")) + "\n";
}
