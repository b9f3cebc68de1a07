/**
 * The table of the steps of each stage: the arrays that pass between its operations, its inner seams, and what its outputs
 * are computed from.
 *
 * Inner seams are large, and their only use is to find the first operation that is wrong: a stage returns them only on
 * request.
 *
 * @module
 */

import type { SeamName } from "../../pipeline/seams.ts";

/** Description of an inner seam. */
export interface InnerSeamDescription {
  /** Name, unique in the pipeline. */
  readonly name: string;
  /** Name or length of each axis, outermost first. */
  readonly axes: readonly (number | string)[];
  /** Seams of the stage that it is computed from; none if it is computed from the stage's inputs. */
  readonly from: readonly string[];
  /** Rule: by the error of upstream's own float32, by 1e-6, or by equality. */
  readonly judgedBy: "upstream" | "tolerance" | "equality";
}

/** The steps of a stage. */
export interface StageSteps {
  /** Inner seams, each after those that it is computed from. */
  readonly inner: readonly InnerSeamDescription[];
  /** Inner seams, or outputs before them, that the outputs are computed from, in the order of the outputs. */
  readonly outputs: Readonly<Partial<Record<SeamName, readonly string[]>>>;
}

const SPECTRAL = [1, "channels", "frequencies", "frames"] as const;
const TEMPORAL = [1, "channels", "samples"] as const;
const ROWS = ["instruments", "frames", "channels"] as const;

type Rows = readonly Omit<InnerSeamDescription, "judgedBy">[];

function judged(by: InnerSeamDescription["judgedBy"], rows: Rows): InnerSeamDescription[] {
  return rows.map((row) => ({ ...row, judgedBy: by }));
}

/** One branch of the separation network, from its input to its output. */
function branch(
  [prefix, input, output, middle, other]: readonly [string, string, string, string, string],
  axes: InnerSeamDescription["axes"],
): Rows {
  const encoder = (layer: number): string => `${prefix}encoder.${layer}`;
  const decoder = (layer: number): string => `${prefix}decoder.${layer}`;
  const [three, othersThree] = [encoder(3), other];
  return [
    ...[0, 1, 2, 3].map((layer) => ({
      name: encoder(layer),
      axes,
      from: [layer === 0 ? input : encoder(layer - 1)],
    })),
    { name: middle, axes, from: [three, othersThree] },
    ...[0, 1, 2].map((layer) => ({
      name: decoder(layer),
      axes,
      from: [layer === 0 ? middle : decoder(layer - 1), encoder(3 - layer)],
    })),
    { name: output, axes: [1, "sources", ...axes.slice(1)], from: [decoder(2), encoder(0)] },
  ];
}

const SPECTRUM_BRANCH = branch(
  ["", "spectrum", "spectrum_out", "crosstransformer.spectrum", "tencoder.3"],
  SPECTRAL,
);
const WAVE_BRANCH = branch(
  ["t", "mix", "wave_out", "crosstransformer.wave", "encoder.3"],
  TEMPORAL,
);

/** The join of the network's two outputs: the stems as far as no other segment overlaps the first. */
export const SEGMENT = "segment";

/** Both branches of the first segment, layer by layer; they exchange data only in the transformer. */
const SEPARATION: readonly InnerSeamDescription[] = judged("upstream", [
  { name: "stft", axes: SPECTRAL, from: [] },
  { name: "spectrum", axes: SPECTRAL, from: ["stft"] },
  { name: "mix", axes: TEMPORAL, from: [] },
  ...SPECTRUM_BRANCH.flatMap((seam, layer) => [seam, WAVE_BRANCH[layer]!]),
  { name: SEGMENT, axes: [4, 2, "samples"], from: ["spectrum_out", "wave_out"] },
]);

/** Blocks of the published network. */
const BLOCKS = 11;

/** Logits of each of the eight folds, of which the first is walked through. */
const FOLD_LOGITS = Array.from(
  { length: 8 },
  (_, fold) => fold === 0 ? "logits" : `fold.${fold}.logits`,
);

const NETWORK: readonly InnerSeamDescription[] = judged("upstream", [
  { name: "embedded", axes: ROWS, from: [] },
  ...Array.from({ length: BLOCKS }, (_, block) => [
    {
      name: `block.${block}.time`,
      axes: ROWS,
      from: [block === 0 ? "embedded" : `block.${block - 1}.instruments`],
    },
    { name: `block.${block}.instruments`, axes: ROWS, from: [`block.${block}.time`] },
  ]).flat(),
  { name: "norm", axes: ROWS, from: [`block.${BLOCKS - 1}.instruments`] },
  ...FOLD_LOGITS.map((name, fold) => ({
    name,
    axes: ["logits", "frames"],
    from: fold === 0 ? ["norm"] : [],
  })),
]);

/** The steps of each stage, in the order of the data. */
export const STEPS: Readonly<Record<string, StageSteps>> = {
  demix: { inner: SEPARATION, outputs: { stems: [SEGMENT], stems16: ["stems"] } },
  spectrogram: {
    inner: judged("tolerance", [
      { name: "mono", axes: ["samples"], from: [] },
      { name: "windowed", axes: ["frames", "taps"], from: ["mono"] },
      { name: "magnitude", axes: ["frames", "frequencies"], from: ["windowed"] },
      { name: "filtered", axes: ["frames", "bands"], from: ["magnitude"] },
      { name: "logarithm", axes: ["frames", "bands"], from: ["filtered"] },
    ]),
    outputs: { spectrogram: ["logarithm"] },
  },
  network: {
    inner: NETWORK,
    outputs: {
      "logits.beat": FOLD_LOGITS,
      "logits.downbeat": FOLD_LOGITS,
      "logits.section": FOLD_LOGITS,
      "logits.function": FOLD_LOGITS,
      "embeddings": ["norm"],
    },
  },
  activations: {
    inner: judged("tolerance", [
      { name: "power.beat", axes: ["frames"], from: [] },
      { name: "power.downbeat", axes: ["frames"], from: [] },
      { name: "power.section", axes: ["frames"], from: [] },
      { name: "largest", axes: ["frames"], from: [] },
      { name: "powers", axes: [10, "frames"], from: ["largest"] },
      { name: "sum", axes: ["frames"], from: ["powers"] },
    ]),
    outputs: {
      "activations.beat": ["power.beat"],
      "activations.downbeat": ["power.downbeat"],
      "activations.section": ["power.section"],
      "activations.function": ["powers", "sum"],
    },
  },
  metrical: {
    inner: judged("tolerance", [
      { name: "decoder_input", axes: ["frames", "classes"], from: [] },
      // The frames from the first to the last that reach the threshold.
      { name: "span", axes: [2], from: ["decoder_input"] },
      { name: "log_densities", axes: ["frames", "classes"], from: ["decoder_input", "span"] },
      { name: "scores", axes: ["metres"], from: ["log_densities"] },
    ]),
    outputs: { beats: ["scores"], beat_positions: ["scores"], bpm: ["beats"] },
  },
  functional: {
    inner: judged("equality", [
      { name: "local_maxima", axes: ["frames"], from: [] },
      { name: "peaks", axes: ["frames"], from: ["local_maxima"] },
      { name: "past_mean", axes: ["frames"], from: ["local_maxima", "peaks"] },
      { name: "future_mean", axes: ["frames"], from: ["local_maxima", "peaks"] },
      { name: "strengths", axes: ["frames"], from: ["peaks", "past_mean", "future_mean"] },
      { name: "starts", axes: ["segments"], from: ["strengths"] },
      { name: "label_means", axes: [10, "segments"], from: ["starts"] },
    ]),
    outputs: { boundaries: ["starts"], labels: ["label_means"] },
  },
};
