/**
 * The click track of a result: a click at each beat and downbeat, a riser before each boundary and a drop at it.
 *
 * @module
 */

import type { Findings } from "../../pipeline/result.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";

/** The parts of a result that are heard. */
export type Audible = Pick<Findings, "beats" | "downbeats" | "segments">;

/** Frequencies in Hz of the clicks at beats and at downbeats. */
const BEAT_HZ = 1500;
const DOWNBEAT_HZ = 3000;

/** Largest distance in seconds at which a beat and a downbeat are the same. */
const SAME_BEAT_SECONDS = 0.03;

/** Frequencies in Hz between which risers go up and drops go down. */
const LOWEST_HZ = 40;
const HIGHEST_HZ = 4000;

const CLICK_SAMPLES = Math.trunc(0.1 * SAMPLE_RATE_HZ);
const DROP_SAMPLES = Math.trunc(0.5 * SAMPLE_RATE_HZ);

/** Clicks of a riser: the first and the last, in seconds before the boundary, and their number. */
const RISER = { start: 4, end: 0.1, clicks: 25 } as const;

/** Labels of segments that have no riser and no drop: upstream's first and last frames. */
const SILENT_LABELS: readonly string[] = ["start", "end"];

/**
 * Adds the clicks, risers and drops of a result to a track, in place. Upstream mixes the same samples.
 *
 * @param channels the samples of each channel, f32, full scale 1.0, 44.1 kHz, all of the same length
 * @param result beats, downbeats and segments, in seconds from the first sample
 *
 * Source: allin1 1.1.0, `sonify.py`; librosa 0.10.2, `clicks`.
 */
export function addClicks(channels: readonly Float32Array[], result: Audible): void {
  const length = channels[0]?.length ?? 0;
  // Upstream rounds after each of the two sums.
  for (const signal of [metronome(result, length), transitions(result.segments, length)]) {
    for (const channel of channels) {
      for (let i = 0; i < length; i++) channel[i]! += signal[i]!;
    }
  }
}

/**
 * Returns a click at each beat and a higher one at each downbeat.
 *
 * @param result beats and downbeats, seconds
 * @param length number of samples
 * @returns f32, 44.1 kHz, each click with a peak of nearly 1.0
 */
export function metronome({ beats, downbeats }: Audible, length: number): Float32Array {
  const signal = new Float32Array(length);
  const others = beats.filter((beat) => !isNear(downbeats, beat));
  for (const [times, frequency] of [[others, BEAT_HZ], [downbeats, DOWNBEAT_HZ]] as const) {
    const sound = click(frequency);
    for (const time of times) add(signal, sound, time);
  }
  return signal;
}

/**
 * Returns 25 clicks that rise before each boundary, faster and faster, and a tone that falls at it.
 *
 * @param segments the segments, whose starts are the boundaries
 * @param length number of samples
 * @returns f32, 44.1 kHz
 */
export function transitions(segments: Audible["segments"], length: number): Float32Array {
  const signal = new Float32Array(length);
  const boundaries = segments.filter(({ label }) => !SILENT_LABELS.includes(label))
    .map(({ start }) => start);
  const offsets = geometricSteps(RISER.start, RISER.end, RISER.clicks, false);
  const clicks = geometricSteps(LOWEST_HZ, HIGHEST_HZ, RISER.clicks).map(click);
  for (const boundary of boundaries) {
    for (const [step, offset] of offsets.entries()) {
      if (boundary - offset > 0) add(signal, clicks[step]!, boundary - offset);
    }
  }
  const falling = drop();
  for (const boundary of boundaries) add(signal, falling, boundary);
  return signal;
}

function isNear(times: readonly number[], time: number): boolean {
  return times.some((other) => Math.abs(other - time) <= SAME_BEAT_SECONDS);
}

/** Adds a sound from a time on; what lies beyond the end is cut. */
function add(signal: Float32Array, sound: Float64Array, seconds: number): void {
  const start = Math.trunc(seconds * SAMPLE_RATE_HZ);
  const end = Math.min(signal.length, start + sound.length);
  for (let i = Math.max(0, start); i < end; i++) signal[i]! += sound[i - start]!;
}

function click(frequency: number): Float64Array {
  const step = 2 * Math.PI * frequency / SAMPLE_RATE_HZ;
  return Float64Array.from(
    { length: CLICK_SAMPLES },
    (_, i) => 2 ** (-10 * i / (CLICK_SAMPLES - 1)) * Math.sin(step * i),
  );
}

function drop(): Float64Array {
  let turns = 0;
  return Float64Array.from(
    geometricSteps(HIGHEST_HZ, LOWEST_HZ, DROP_SAMPLES),
    (frequency, i) => {
      turns += frequency;
      return Math.sin(2 * Math.PI * turns / SAMPLE_RATE_HZ) * 2 ** (-4 * i / (DROP_SAMPLES - 1));
    },
  );
}

/** Returns numbers of equal ratios, as numpy's `geomspace`. */
function geometricSteps(first: number, last: number, count: number, hasLast = true): number[] {
  const [start, end] = [Math.log10(first), Math.log10(last)];
  const step = (end - start) / (hasLast ? count - 1 : count);
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return first;
    return hasLast && i === count - 1 ? last : 10 ** (start + i * step);
  });
}
