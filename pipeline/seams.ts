/**
 * The table of seams: every array between two stages, in the order of the data.
 *
 * @module
 */

import type { DType, Tensor } from "../core/tensor.ts";

/**
 * Rule by which a seam is judged: floats by tolerance, 16-bit samples by at most one step in 1 % of
 * the samples, times to 1e-9 s, discrete values by equality.
 */
export type Judgement = "float" | "steps" | "time" | "equal";

/** Description of a seam. */
export interface SeamDescription {
  /** Element type. */
  readonly dtype: DType;
  /** Length or name of each axis, outermost first. */
  readonly axes: readonly (number | string)[];
  /** Unit and range of the values. */
  readonly unit: string;
  /** Rule by which two versions are compared. */
  readonly judgement: Judgement;
  /**
   * Whether the seam holds the values of single folds. Upstream's own float32 error is then the
   * tolerance where it exceeds 1e-6.
   */
  readonly perFold?: true;
  /**
   * Share of upstream's own float32 error that is allowed where it exceeds 1e-6; absent for none. On loud input no
   * arithmetic in single precision stays within 1e-6.
   */
  readonly upstreamShare?: number;
  /** Errors of a backend in single precision where nothing is stored; absent where the ordinary tolerance always holds. */
  readonly singlePrecision?: SinglePrecision;
}

/** What single precision can hold of a seam whose errors grow with its level. */
export interface SinglePrecision {
  /** Allowed error of an element, as a share of the largest magnitude of the seam. */
  readonly shareOfPeak: number;
  /**
   * Least signal-to-noise ratio of a seam in dB, which is also required where the share allows more than the ordinary
   * tolerance: few elements may have such errors, not all.
   */
  readonly leastSnrDecibels: number;
}

/** Every seam, in the order of the data. */
export const SEAMS = {
  "mixture": {
    dtype: "f32",
    axes: [2, "samples"],
    unit: "full scale 1.0, 44.1 kHz",
    judgement: "float",
  },
  "stems": {
    dtype: "f32",
    axes: [4, 2, "samples"],
    unit: "full scale 1.0, 44.1 kHz; bass, drums, other, vocals",
    judgement: "float",
    upstreamShare: 0.5,
    // Half of 4.6e-6, the median of upstream's errors on the six clips of fixtures/references/clips, where they are 9e-7
    // to 8.8e-6 of the peak; and half of its largest mean error there, 103 dB.
    singlePrecision: { shareOfPeak: 2.3e-6, leastSnrDecibels: 109 },
  },
  "stems16": {
    dtype: "i16",
    // One channel, the mean of both, where a mixture is separated and its stems are not kept.
    axes: [4, 2, "samples"],
    unit: "1/32768 of full scale, 44.1 kHz; bass, drums, other, vocals",
    judgement: "steps",
  },
  "spectrogram": {
    dtype: "f32",
    axes: [4, "frames", 81],
    unit: "log10(1 + magnitude), 100 frames/s",
    judgement: "float",
  },
  "logits.beat": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.downbeat": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.section": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.function": { dtype: "f32", axes: [10, "frames"], unit: "logit", judgement: "float" },
  "embeddings": {
    dtype: "f32",
    axes: [4, "frames", 24, "folds"],
    unit: "layer-normalised",
    judgement: "float",
    perFold: true,
  },
  "activations.beat": { dtype: "f32", axes: ["frames"], unit: "probability", judgement: "float" },
  "activations.downbeat": {
    dtype: "f32",
    axes: ["frames"],
    unit: "probability",
    judgement: "float",
  },
  "activations.section": {
    dtype: "f32",
    axes: ["frames"],
    unit: "probability",
    judgement: "float",
  },
  "activations.function": {
    dtype: "f32",
    axes: [10, "frames"],
    unit: "probability, sums to 1 over the labels",
    judgement: "float",
  },
  "beats": { dtype: "f64", axes: ["beats"], unit: "seconds", judgement: "time" },
  "beat_positions": {
    dtype: "i32",
    axes: ["beats"],
    unit: "beat of the bar, 1 = downbeat",
    judgement: "equal",
  },
  "bpm": {
    dtype: "i32",
    axes: ["tempi"],
    unit: "beats a minute; empty when there are fewer than two beats",
    judgement: "equal",
  },
  "boundaries": { dtype: "f64", axes: ["segments + 1"], unit: "seconds", judgement: "time" },
  "labels": {
    dtype: "i32",
    axes: ["segments"],
    unit: "index into the labels",
    judgement: "equal",
  },
} as const satisfies Record<string, SeamDescription>;

/** Name of a seam. */
export type SeamName = keyof typeof SEAMS;

/** Every seam with the type of its tensor. */
export type Seams = { [Name in SeamName]: Tensor<(typeof SEAMS)[Name]["dtype"]> };

/** Logits of the network's four heads: beat, downbeat, section, function. */
export type Logits = Pick<
  Seams,
  "logits.beat" | "logits.downbeat" | "logits.section" | "logits.function"
>;

/** Probabilities of the network's four heads. */
export type Activations = Pick<
  Seams,
  "activations.beat" | "activations.downbeat" | "activations.section" | "activations.function"
>;
