/**
 * The outline of a waveform: its extremes and its power in frames of ten milliseconds.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { BANDS, HOP_SAMPLES } from "../../pipeline/spectrogram.ts";

/** Extremes and power of each frame of a signal, of all channels together. */
export interface Envelope {
  /** Largest absolute sample of each frame, full scale 1.0. */
  readonly peak: Float32Array;
  /** Mean square of the samples of each frame. */
  readonly power: Float32Array;
}

/** Levels of equal parts of a signal. */
export interface Levels {
  /** Largest absolute sample of each part. */
  readonly peak: number[];
  /** Root of the mean square of each part. */
  readonly rms: number[];
}

/**
 * Returns the outline of a signal.
 *
 * @param samples `[channels, samples]` f32 of full scale 1.0, or i16, 44.1 kHz
 * @param channels number of channels
 * @returns values of ceil(samples / 441) frames
 */
export function envelope(samples: Float32Array | Int16Array, channels: number): Envelope {
  const length = samples.length / channels;
  const frames = Math.ceil(length / HOP_SAMPLES);
  const scale = samples instanceof Int16Array ? 1 / 32768 : 1;
  const peak = new Float32Array(frames);
  const power = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * HOP_SAMPLES;
    const end = Math.min(length, start + HOP_SAMPLES);
    let largest = 0;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let i = channel * length + start; i < channel * length + end; i++) {
        const value = samples[i]! * scale;
        largest = Math.max(largest, Math.abs(value));
        sum += value * value;
      }
    }
    peak[frame] = largest;
    power[frame] = sum / (channels * (end - start));
  }
  return { peak, power };
}

/**
 * Returns an outline of a stem of which only the spectrogram is known: its mean magnitude.
 *
 * @param spectrogram `[stems, frames, 81]` f32, log10(1 + magnitude)
 * @param stem index of the stem
 */
export function spectralEnvelope(spectrogram: Tensor<"f32">, stem: number): Envelope {
  const frames = spectrogram.shape[1] ?? 0;
  const peak = new Float32Array(frames);
  const power = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    const first = (stem * frames + frame) * BANDS;
    let sum = 0;
    for (let band = 0; band < BANDS; band++) sum += spectrogram.data[first + band]!;
    peak[frame] = sum / BANDS;
    power[frame] = (sum / BANDS) ** 2;
  }
  return { peak, power };
}

/** Returns whether two outlines are the same. */
export function isSameEnvelope(one: Envelope, other: Envelope): boolean {
  return one.peak.length === other.peak.length &&
    one.peak.every((value, frame) =>
      value === other.peak[frame] && one.power[frame] === other.power[frame]
    );
}

/**
 * Returns the levels of equal parts of a signal; a part is at least one frame.
 *
 * @param envelope outline of the signal
 * @param parts number of parts
 */
export function levelsOf({ peak, power }: Envelope, parts: number): Levels {
  const levels: Levels = { peak: [], rms: [] };
  eachPart(peak.length, parts, (start, end) => {
    let largest = 0;
    let sum = 0;
    for (let frame = start; frame < end; frame++) {
      largest = Math.max(largest, peak[frame]!);
      sum += power[frame]!;
    }
    levels.peak.push(largest);
    levels.rms.push(Math.sqrt(sum / (end - start)));
  });
  return levels;
}

/**
 * Returns the largest value of each of several equal parts.
 *
 * @param values the values
 * @param parts number of parts
 * @param offset index of the first value
 * @param length number of values
 */
export function largestOf(
  values: Float32Array,
  parts: number,
  offset = 0,
  length = values.length,
): number[] {
  return valuesOfParts(length, parts, (start, end) => {
    let largest = -Infinity;
    for (let i = offset + start; i < offset + end; i++) largest = Math.max(largest, values[i]!);
    return largest;
  });
}

/** Returns the mean of each of several equal parts, as {@linkcode largestOf}. */
export function meansOf(
  values: Float32Array,
  parts: number,
  offset = 0,
  length = values.length,
): number[] {
  return valuesOfParts(length, parts, (start, end) => {
    let sum = 0;
    for (let i = offset + start; i < offset + end; i++) sum += values[i]!;
    return sum / (end - start);
  });
}

/** Returns a value of each of several equal parts. */
function valuesOfParts(
  length: number,
  parts: number,
  valueOf: (start: number, end: number) => number,
): number[] {
  const values: number[] = [];
  eachPart(length, parts, (start, end) => values.push(valueOf(start, end)));
  return values;
}

function eachPart(length: number, parts: number, work: (start: number, end: number) => void): void {
  const count = Math.min(parts, length);
  for (let part = 0; part < count; part++) {
    work(Math.floor(part * length / count), Math.floor((part + 1) * length / count));
  }
}
