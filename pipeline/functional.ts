/**
 * Stage: section and label probabilities to segments.
 *
 * @module
 */

import { meanAsNumpy } from "./float32_mean.ts";
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
 * @returns boundaries and labels
 *
 * Source: allin1 1.1.0, `postprocessing/functional.py`.
 */
export function functional(section: Tensor<"f32">, labels: Tensor<"f32">): Functional {
  const frames = section.data.length;
  const starts = [0, ...boundaryFrames(section.data).filter((frame) => frame > 0)];
  const seconds = (frame: number): number => frame * HOP_SAMPLES / SAMPLE_RATE_HZ;
  const ends = [...starts.slice(1), frames];
  return {
    boundaries: tensor(
      "f64",
      [starts.length + 1],
      Float64Array.from([...starts, frames], seconds),
    ),
    labels: tensor(
      "i32",
      [starts.length],
      Int32Array.from(starts, (start, segment) => labelOf(labels, start, ends[segment] ?? frames)),
    ),
  };
}

/** Returns the frames where a segment begins: local maxima above the mean of their context. */
function boundaryFrames(section: Float32Array): number[] {
  const f = Math.fround;
  const candidates = keepLocalMaxima(section);
  const padded = new Float32Array(candidates.length + 2 * CONTEXT_FRAMES);
  padded.set(candidates, CONTEXT_FRAMES);
  const boundaries: number[] = [];
  candidates.forEach((value, frame) => {
    if (value <= 0) return;
    const past = padded.subarray(frame, frame + CONTEXT_FRAMES);
    const future = padded.subarray(frame + CONTEXT_FRAMES + 1, frame + 2 * CONTEXT_FRAMES + 1);
    const isLarger = (other: number): boolean => other > value;
    if (past.some(isLarger) || future.some(isLarger)) return;
    const surroundings = f(f(meanAsNumpy(past) + meanAsNumpy(future)) / 2);
    if (f(value - surroundings) > 0) boundaries.push(frame);
  });
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

/** Returns the first label with the largest mean probability over the frames `start` to `end`. */
function labelOf(labels: Tensor<"f32">, start: number, end: number): number {
  const [count = 0, frames = 0] = labels.shape;
  let best = { label: 0, mean: -Infinity };
  for (let label = 0; label < count; label++) {
    const mean = meanAsNumpy(labels.data.subarray(label * frames + start, label * frames + end));
    if (mean > best.mean) best = { label, mean };
  }
  return best.label;
}
