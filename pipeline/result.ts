/**
 * Result of a track, as upstream writes it.
 *
 * @module
 */

import { LABELS } from "./functional.ts";
import type { Seams } from "./seams.ts";

/** A part of the track that has one function. */
export interface Segment {
  /** Start in seconds. */
  readonly start: number;
  /** End in seconds. */
  readonly end: number;
  /** Label of the function, such as `verse`. */
  readonly label: string;
}

/** A decoded audio file. */
export interface AudioFile {
  /** Name of the file. */
  readonly file: string;
  /** Short name of its codec, such as `mp3`. */
  readonly codec: string;
  /** Sample rate of the file in Hz. */
  readonly sample_rate: number;
  /** Name and version of the decoder: `symphonia`, `tactus` for one of our own, or `ffmpeg`. */
  readonly decoder: string;
  /** Samples at the file's rate that its encoder added and that are cut: at the start, and after it. */
  readonly trimmed: readonly [start: number, end: number];
  /**
   * SHA-256 of the decoded samples at 44.1 kHz, before gain and rounding: of the first two channels, or the
   * only one, interleaved f32, little-endian, full scale 1.0.
   */
  readonly pcm_sha256: string;
}

/** Finding of the guard for one stage on the first seconds. */
export interface GuardProvenance {
  /** Name of the stage. */
  readonly stage: string;
  /** Backend of the second implementation. */
  readonly judge: string;
  /** Seam with the largest difference. */
  readonly seam: string;
  /** Smallest tolerance that passes; null where no tolerance passes. */
  readonly needs: number | null;
  /** Whether the second implementation computed the whole run. */
  readonly fell_back: boolean;
}

/** Provenance of a result: what is needed to make it again. */
export interface Provenance {
  /** Program and version. */
  readonly program: string;
  /** Name of the model. */
  readonly model: string;
  /** Weights of each fold. */
  readonly weights: readonly { readonly name: string; readonly sha256: string }[];
  /**
   * Name of the demixer; `external` where the stems were given. With `hpss-mix`, bass and drums are those of
   * `hpss`, and the mix itself is other and vocals.
   */
  readonly demixer: string;
  /** SHA-256 of the separation network's weights; null for a demixer without weights. */
  readonly demixer_weights: string | null;
  /**
   * Shift of each pass of the separation in samples, null for a pass without a shift; null for a
   * demixer without a network.
   */
  readonly demix_shifts: readonly (number | null)[] | null;
  /** Roles whose weights the program chose. */
  readonly automatic: readonly ("demixer" | "model")[];
  /** The separated mix; null where the stems were given. */
  readonly mix: AudioFile | null;
  /** Name and version of the decoder of the mix; of stems, each decoder once. */
  readonly decoder: string;
  /** Gain of `--gain` or `--normalize` before the analysis; null for none. */
  readonly gain: { readonly db: number; readonly normalized: boolean } | null;
  /** The given stems. */
  readonly stems: readonly (AudioFile & { readonly name: string })[];
  /**
   * SHA-256 of the seam `stems16`: of stereo where stems are given or kept; of the mean of both channels
   * where a mix is separated without keeping stems, and for given stems longer than twelve minutes.
   */
  readonly stems16_sha256: string;
  /** Backend of each stage. */
  readonly backends: Readonly<Record<string, string>>;
  /** Settings and findings of `--guard`; null without a guard. */
  readonly guard: {
    /** Length of the beginning that was computed twice. */
    readonly seconds: number;
    /** Tolerance of float seams. */
    readonly tolerance: number;
    /** Findings in the order of the stages. */
    readonly stages: readonly GuardProvenance[];
  } | null;
  /** Device of the networks. */
  readonly device: string;
  /** Versions of the runtimes. */
  readonly versions: Readonly<Record<string, string>>;
  /** Sample rate in Hz. */
  readonly sample_rate: number;
  /** Hop in samples. */
  readonly hop: number;
  /** Frame rate of activations and embeddings, frames a second. */
  readonly fps: number;
}

/** Analysis of one track: upstream's keys and `provenance`. */
export interface AnalysisResult {
  /** Absolute path of the track. */
  readonly path: string;
  /** Beats a minute; null when there are fewer than two beats. */
  readonly bpm: number | null;
  /** Times in seconds, ascending. */
  readonly beats: readonly number[];
  /** Times in seconds of the beats at position 1. */
  readonly downbeats: readonly number[];
  /** Position of each beat in its bar; 1 = downbeat. */
  readonly beat_positions: readonly number[];
  /** Segments in order, without gaps. */
  readonly segments: readonly Segment[];
  /** Provenance of the result. */
  readonly provenance: Provenance;
}

/** Seams that a result is made of. */
export type ResultSeams = Pick<
  Seams,
  "beats" | "beat_positions" | "bpm" | "boundaries" | "labels"
>;

/** Content of a result, without path and provenance. */
export type Findings = Omit<AnalysisResult, "path" | "provenance">;

/**
 * Joins the last seams into the content of a result.
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
 * @param provenance provenance of the result
 */
export function analysisResult(
  path: string,
  seams: ResultSeams,
  provenance: Provenance,
): AnalysisResult {
  return { path, ...findings(seams), provenance };
}

/** Returns JSON with an indent of two spaces and each array of numbers on one line, as upstream. */
export function resultToJson(result: AnalysisResult): string {
  const json = JSON.stringify(result, null, 2);
  const numbers = /\[\n(?:\s*-?\d[\d.e+-]*,\n)*\s*-?\d[\d.e+-]*\n\s*\]/g;
  return json.replace(numbers, (array) => array.replace(/\s+/g, "")) + "\n";
}
