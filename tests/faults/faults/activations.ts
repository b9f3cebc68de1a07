/**
 * Faults on the way from logits to probabilities.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const file = "pipeline/activations.ts";
const expected = "activations";

/** Faults that the stage `activations` has to fail for. */
export const ACTIVATION_FAULTS: readonly Fault[] = [
  {
    name: "the softmax is over the frames of a label instead of the labels of a frame",
    file,
    find: `  for (let frame = 0; frame < frames; frame++) {
    const logit = (label: number): number => logits.data[label * frames + frame] ?? NaN;
    let largest`,
    put: `  for (let label = 0; label < labels; label++) {
    const own = logits.data.subarray(label * frames, (label + 1) * frames);
    const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
    own.forEach((logit, frame) => output[label * frames + frame] = Math.exp(logit) / total);
  }
  for (let frame = 0; frame < 0; frame++) {
    const logit = (label: number): number => logits.data[label * frames + frame] ?? NaN;
    let largest`,
    expected,
  },
  {
    name: "labels go through a sigmoid instead of a softmax",
    file,
    find: '"activations.function": softmax(logits["logits.function"]),',
    put: '"activations.function": sigmoid(logits["logits.function"]),',
    expected,
  },
  {
    name: "the section's sigmoid is missing",
    file,
    find: '"activations.section": sigmoid(logits["logits.section"]),',
    put: '"activations.section": logits["logits.section"],',
    expected,
  },
  {
    name: "e has five digits",
    file,
    find: "1 / (1 + Math.exp(-logit))",
    put: "1 / (1 + 2.7183 ** -logit)",
    expected,
  },
];
