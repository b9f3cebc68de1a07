/**
 * Stage: section and label probabilities to segments.
 *
 * @module
 */

import { meanAsNumpy } from "./float32_mean.ts";
import type { InnerSeamObserver } from "./inner_seam_observer.ts";
import { FRAMES_PER_SECOND, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/** Functions of segments; a label is an index into this list. */
export const LABELS = [
  "start",
  "end",
  "intro",
  "outro",
  "break",
  "bridge",
  "inst",
  "solo",
  "verse",
  "chorus",
] as const;

/** A boundary must be the largest value within this many frames on either side. */
const NEIGHBOURHOOD_FRAMES = 2 * 24;

/** Length of the context before and after a boundary, in frames. */
const CONTEXT_FRAMES = 12 * FRAMES_PER_SECOND;

/** Output of the stage. */
export interface Functional {
  /** `[segments + 1]` f64, seconds, ascending, from 0 to the end of the last frame. */
  readonly boundaries: Tensor<"f64">;
  /** `[segments]` i32, index into {@linkcode LABELS}. */
  readonly labels: Tensor<"i32">;
}

/**
 * Picks the peaks of the section probability as boundaries and gives each segment between them the
 * label with the largest mean probability.
 *
 * As in upstream, the first segment can last a single frame, and, where the probability is flat, the
 * last one as well.
 *
 * @param section `[frames]` f32, probability that a segment begins, 100 frames/s
 * @param labels `[10, frames]` f32, probability of each label
 * @param observe receives, `[frames]` f32, `local_maxima`, the probability where it is the largest within half a second,
 * and `peaks`, the same where it is the largest of its context, 0 elsewhere; of the peaks `past_mean` and `future_mean`,
 * the mean of the context, and `strengths`, what they exceed it by; `starts` `[segments]` f64, the first frame of each
 * segment; `label_means` `[10, segments]` f32, mean probability of each label
 * @returns boundaries and labels
 *
 * Source: allin1 1.1.0, `postprocessing/functional.py`.
 */
export function functional(
  section: Tensor<"f32">,
  labels: Tensor<"f32">,
  observe?: InnerSeamObserver,
): Functional {
  const frames = section.data.length;
  const starts = [0, ...boundaryFrames(section.data, observe).filter((frame) => frame > 0)];
  const seconds = (frame: number): number => frame * HOP_SAMPLES / SAMPLE_RATE_HZ;
  const ends = [...starts.slice(1), frames];
  const means = starts.map((start, segment) => labelMeans(labels, start, ends[segment] ?? frames));
  if (observe !== undefined) {
    observe("starts", tensor("f64", [starts.length], Float64Array.from(starts)));
    const [count = 0] = labels.shape;
    const rows = Array.from({ length: count }, (_, label) => means.map((of) => of[label] ?? NaN));
    observe("label_means", tensor("f32", [count, starts.length], Float32Array.from(rows.flat())));
  }
  return {
    boundaries: tensor(
      "f64",
      [starts.length + 1],
      Float64Array.from([...starts, frames], seconds),
    ),
    labels: tensor("i32", [starts.length], Int32Array.from(means, firstOfLargest)),
  };
}

/** Returns the frames where a segment begins: local maxima above the mean of their context. */
function boundaryFrames(section: Float32Array, observe?: InnerSeamObserver): number[] {
  const f = Math.fround;
  const candidates = keepLocalMaxima(section);
  const length = observe === undefined ? 0 : candidates.length;
  const [peaks, pastMean, futureMean, strengths] = Array.from(
    { length: 4 },
    () => new Float32Array(length),
  );
  const padded = new Float32Array(candidates.length + 2 * CONTEXT_FRAMES);
  padded.set(candidates, CONTEXT_FRAMES);
  const boundaries: number[] = [];
  candidates.forEach((value, frame) => {
    if (value <= 0) return;
    const past = padded.subarray(frame, frame + CONTEXT_FRAMES);
    const future = padded.subarray(frame + CONTEXT_FRAMES + 1, frame + 2 * CONTEXT_FRAMES + 1);
    const isLarger = (other: number): boolean => other > value;
    if (past.some(isLarger) || future.some(isLarger)) return;
    const [before, after] = [meanAsNumpy(past), meanAsNumpy(future)];
    const strength = f(value - f(f(before + after) / 2));
    if (strength > 0) boundaries.push(frame);
    // Arrays without length keep nothing.
    [peaks![frame], pastMean![frame], futureMean![frame]] = [value, before, after];
    strengths![frame] = strength;
  });
  const seams = { peaks, past_mean: pastMean, future_mean: futureMean, strengths };
  observe?.("local_maxima", tensor("f32", [length], candidates));
  for (const [name, values] of Object.entries(seams)) {
    observe?.(name, tensor("f32", [length], values!));
  }
  return boundaries;
}

/** Returns the input where it is the largest in its neighbourhood, 0 elsewhere. */
function keepLocalMaxima(section: Float32Array): Float32Array {
  return section.map((value, frame) => {
    const first = Math.max(0, frame - NEIGHBOURHOOD_FRAMES);
    const last = Math.min(section.length - 1, frame + NEIGHBOURHOOD_FRAMES);
    for (let other = first; other <= last; other++) {
      if ((section[other] ?? NaN) > value) return 0;
    }
    return value;
  });
}

/** Returns the mean probability of each label over the frames `start` to `end`. */
function labelMeans(labels: Tensor<"f32">, start: number, end: number): number[] {
  const [count = 0, frames = 0] = labels.shape;
  const means: number[] = [];
  for (let label = 0; label < count; label++) {
    const mean = meanAsNumpy(labels.data.subarray(label * frames + start, label * frames + end));
    means.push(mean);
  }
  return means;
}

/** Returns the index of the first of the largest values; 0 where none is a number. */
function firstOfLargest(values: readonly number[]): number {
  return values.reduce(
    (best, value, at) => value > best.value ? { at, value } : best,
    { at: 0, value: -Infinity },
  ).at;
}
