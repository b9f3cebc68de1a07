/**
 * Stage: logits to probabilities.
 *
 * @module
 */

import { type Tensor, tensor } from "../core/tensor.ts";

/** One tensor for each of the network's four tasks. */
export interface Tasks {
  /** `[frames]` f32: is a beat here? */
  readonly beat: Tensor<"f32">;
  /** `[frames]` f32: is a downbeat here? */
  readonly downbeat: Tensor<"f32">;
  /** `[frames]` f32: does a segment begin here? */
  readonly section: Tensor<"f32">;
  /** `[labels, frames]` f32: which function does the segment have that this frame is in? */
  readonly function: Tensor<"f32">;
}

/**
 * Turns logits into probabilities: each of beat, downbeat and section by itself, the labels of a
 * frame together. Computed in float64 and rounded once.
 *
 * @param logits the network's output
 * @returns the same shapes, f32, 0 to 1; `function` sums to 1 over the labels
 *
 * Source: allin1 1.1.0, `helpers.py`, `compute_activations`.
 */
export function activations(logits: Tasks): Tasks {
  return {
    beat: sigmoid(logits.beat),
    downbeat: sigmoid(logits.downbeat),
    section: sigmoid(logits.section),
    function: softmax(logits.function),
  };
}

function sigmoid(logits: Tensor<"f32">): Tensor<"f32"> {
  return tensor("f32", logits.shape, logits.data.map((logit) => 1 / (1 + Math.exp(-logit))));
}

/** Softmax over the first axis of `[labels, frames]`. */
function softmax(logits: Tensor<"f32">): Tensor<"f32"> {
  const [labels = 0, frames = 0] = logits.shape;
  const output = new Float32Array(labels * frames);
  const powers = new Float64Array(labels);
  for (let frame = 0; frame < frames; frame++) {
    const logit = (label: number): number => logits.data[label * frames + frame] ?? NaN;
    let largest = -Infinity;
    for (let label = 0; label < labels; label++) largest = Math.max(largest, logit(label));
    let sum = 0;
    for (let label = 0; label < labels; label++) {
      sum += powers[label] = Math.exp(logit(label) - largest);
    }
    for (let label = 0; label < labels; label++) {
      output[label * frames + frame] = (powers[label] ?? NaN) / sum;
    }
  }
  return tensor("f32", logits.shape, output);
}
