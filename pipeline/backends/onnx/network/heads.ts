/**
 * Last norm and heads of an All-In-One network in double precision, for devices that have none.
 *
 * A head sums 96 products of up to ten that cancel to about zero at a downbeat: in float32 this sum alone has an error of
 * 2e-6. It is a ten-thousandth of the network's operations.
 *
 * Source: `allin1.models.allinone` (allin1 1.1.0).
 *
 * @module
 */

import type { Checkpoint } from "../../../../models/all_in_one/parameters.ts";

/** Heads in the order of the logits' rows. */
const HEADS = ["beat", "downbeat", "section", "function"] as const;

/** Output of the heads. */
export interface HeadsOutput {
  /** [3 + labels, frames] f32, rows beat, downbeat, section, then the functions. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** [instruments, frames, width] f32 after the norm; empty where it is not asked for. */
  readonly embeddings: Float32Array<ArrayBuffer>;
}

/**
 * Computes the last norm and the heads.
 *
 * @param checkpoint weights of a fold
 * @param encoded [instruments, frames, width] f32, output of the encoder
 * @param embeds whether embeddings are returned
 */
export function computeHeads(
  checkpoint: Checkpoint,
  encoded: Float32Array,
  embeds: boolean,
): HeadsOutput {
  const { numInstruments, dimEmbed: width, layerNormEps } = checkpoint.configuration;
  const part = (name: string): Float32Array => checkpoint.tensors.get(name)!.data;
  const [gains, shifts] = [part("norm.weight"), part("norm.bias")];
  const head = (name: string, kind: string): number[] =>
    Array.from(part(`${name}_classifier.classifier.${kind}`));
  const weights = Float64Array.from(HEADS.flatMap((name) => head(name, "weight")));
  const biases = Float64Array.from(HEADS.flatMap((name) => head(name, "bias")));
  const inputs = numInstruments * width;
  const frames = encoded.length / inputs;
  const logits = new Float32Array(biases.length * frames);
  const embeddings = new Float32Array(embeds ? encoded.length : 0);
  const normed = new Float64Array(inputs);
  for (let frame = 0; frame < frames; frame++) {
    for (let instrument = 0; instrument < numInstruments; instrument++) {
      const from = (instrument * frames + frame) * width;
      const to = instrument * width;
      let mean = 0;
      for (let c = 0; c < width; c++) mean += encoded[from + c]!;
      mean /= width;
      let variance = 0;
      for (let c = 0; c < width; c++) variance += (encoded[from + c]! - mean) ** 2;
      const scale = 1 / Math.sqrt(variance / width + layerNormEps);
      for (let c = 0; c < width; c++) {
        normed[to + c] = (encoded[from + c]! - mean) * scale * gains[c]! + shifts[c]!;
        if (embeds) embeddings[from + c] = normed[to + c]!;
      }
    }
    for (let row = 0; row < biases.length; row++) {
      let sum = biases[row]!;
      const first = row * inputs;
      for (let i = 0; i < inputs; i++) sum += weights[first + i]! * normed[i]!;
      logits[row * frames + frame] = sum;
    }
  }
  return { logits, embeddings };
}
