/**
 * Stage: logits to probabilities.
 *
 * @module
 */

import type { InnerSeamObserver } from "./inner_seam_observer.ts";
import type { Activations, Logits } from "./seams.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/**
 * Turns logits into probabilities: each of beat, downbeat and section by a sigmoid, the labels of a
 * frame by a softmax. Computed in float64 and rounded once.
 *
 * @param logits the four heads: `[frames]` f32, and `[10, frames]` f32 of `logits.function`
 * @param observe receives, f64, `power.HEAD` `[frames]`, e to the power of the negative logit, for each sigmoid; of the
 * softmax `largest` `[frames]`, the largest logit, `powers` `[10, frames]`, e to the power of the difference to it, and
 * `sum` `[frames]`, that of the powers
 * @returns the same shapes, f32, 0 to 1; `activations.function` sums to 1 over the labels
 *
 * Source: allin1 1.1.0, `helpers.py`, `compute_activations`.
 */
export function activations(logits: Logits, observe?: InnerSeamObserver): Activations {
  if (observe !== undefined) {
    for (const head of ["beat", "downbeat", "section"] as const) {
      const { shape, data } = logits[`logits.${head}`];
      observe(`power.${head}`, tensor("f64", shape, Float64Array.from(data, power)));
    }
  }
  return {
    "activations.beat": sigmoid(logits["logits.beat"]),
    "activations.downbeat": sigmoid(logits["logits.downbeat"]),
    "activations.section": sigmoid(logits["logits.section"]),
    "activations.function": softmax(logits["logits.function"], observe),
  };
}

function power(logit: number): number {
  return Math.exp(-logit);
}

function sigmoid(logits: Tensor<"f32">): Tensor<"f32"> {
  return tensor("f32", logits.shape, logits.data.map((logit) => 1 / (1 + power(logit))));
}

/** Computes the softmax over the first axis of `[labels, frames]`. */
function softmax(logits: Tensor<"f32">, observe?: InnerSeamObserver): Tensor<"f32"> {
  const [labels = 0, frames = 0] = logits.shape;
  const output = new Float32Array(labels * frames);
  const powers = new Float64Array(labels);
  const length = observe === undefined ? 0 : frames;
  const seen = {
    largest: new Float64Array(length),
    powers: new Float64Array(labels * length),
    sum: new Float64Array(length),
  };
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
    if (observe === undefined) continue;
    seen.largest[frame] = largest;
    powers.forEach((value, label) => seen.powers[label * frames + frame] = value);
    seen.sum[frame] = sum;
  }
  observe?.("largest", tensor("f64", [frames], seen.largest));
  observe?.("powers", tensor("f64", [labels, frames], seen.powers));
  observe?.("sum", tensor("f64", [frames], seen.sum));
  return tensor("f32", logits.shape, output);
}
