/**
 * Comparison of two decodings of the same file: alignment to the sample and the size of the difference.
 *
 * @module
 */

/** Decoded audio. */
export interface Pcm {
  /** Sample rate in Hz. */
  readonly sampleRateHz: number;
  /** Number of channels of the file. */
  readonly channelCount: number;
  /** First channel, or the first two; `[samples]` f32 each, full scale 1.0. */
  readonly channels: readonly Float32Array[];
}

/** Agreement of two decodings, at the alignment that fits best. */
export interface Agreement {
  /** Samples by which the first decoding is later than the second. */
  readonly offsetSamples: number;
  /** Samples that the first decoding has more than the second. */
  readonly extraSamples: number;
  /** Largest absolute difference over the samples that both have. */
  readonly largestDifference: number;
  /** Rms of the difference divided by the rms of the second decoding; 0 where there is no difference. */
  readonly relativeRms: number;
}

/** Stands for a difference that is not finite. */
export const BEYOND = Number.MAX_VALUE;

/** Largest offset that is searched, samples. */
const SEARCH_SAMPLES = 8192;
const WINDOW_SAMPLES = 4096;
const WINDOWS = 4;

/**
 * Compares two decodings of the same sample rate. A single channel counts as both channels. Offsets are searched only where
 * the samples differ by more than `tolerance` without one.
 *
 * @param ours first decoding
 * @param theirs second decoding
 * @param tolerance largest difference at which the search for an offset is unnecessary
 */
export function comparePcm(ours: Pcm, theirs: Pcm, tolerance: number): Agreement {
  const aligned = agreementAt(ours, theirs, 0);
  if (aligned.largestDifference <= tolerance) return aligned;
  const offsets = new Set(windowStarts(theirs).flatMap((start) => bestOffset(ours, theirs, start)));
  const shifted = [...offsets].map((offset) => agreementAt(ours, theirs, offset));
  // An offset has to explain most of the difference: unequal audio correlates somewhere by chance.
  const best = shifted.toSorted((a, b) => a.relativeRms - b.relativeRms)[0];
  const limit = 0.5 * Math.min(1, aligned.relativeRms);
  return best !== undefined && best.relativeRms < limit ? best : aligned;
}

function agreementAt(ours: Pcm, theirs: Pcm, offset: number): Agreement {
  let [largest, squares, reference] = [0, 0, 0];
  for (const [a, b] of pairs(ours, theirs)) {
    const first = Math.max(0, -offset);
    const end = Math.min(b.length, a.length - offset);
    for (let i = first; i < end; i++) {
      const difference = Math.abs(a[i + offset]! - b[i]!);
      // A NaN must not pass as small. JSON has no infinity.
      if (!(difference <= largest)) largest = Math.min(difference, BEYOND) || BEYOND;
      squares += difference * difference;
      reference += b[i]! * b[i]!;
    }
  }
  return {
    offsetSamples: offset,
    extraSamples: lengthOf(ours) - lengthOf(theirs),
    largestDifference: largest,
    relativeRms: squares === 0 ? 0 : Math.min(Math.sqrt(squares / reference), BEYOND) || BEYOND,
  };
}

const lengthOf = ({ channels }: Pcm): number => channels[0]?.length ?? 0;

/** Returns the channels to compare. */
function pairs(ours: Pcm, theirs: Pcm): [Float32Array, Float32Array][] {
  const count = Math.max(ours.channels.length, theirs.channels.length);
  return Array.from(
    { length: count },
    (_, i) => [ours.channels[i] ?? ours.channels[0]!, theirs.channels[i] ?? theirs.channels[0]!],
  );
}

/** Returns the start of the loudest window of each part of the file; a part in silence has none. */
function windowStarts(pcm: Pcm): number[] {
  const samples = pcm.channels[0]!;
  const part = Math.max(WINDOW_SAMPLES, Math.ceil(samples.length / WINDOWS));
  const starts: number[] = [];
  for (let from = 0; from < samples.length; from += part) {
    let [loudest, at] = [0, -1];
    const last = Math.max(from, Math.min(from + part, samples.length - WINDOW_SAMPLES));
    for (let start = from; start <= last; start += WINDOW_SAMPLES) {
      let energy = 0;
      const end = Math.min(start + WINDOW_SAMPLES, samples.length);
      for (let i = start; i < end; i++) energy += samples[i]! * samples[i]!;
      if (energy > loudest) [loudest, at] = [energy, start];
    }
    if (at >= 0) starts.push(at);
  }
  return starts;
}

/** Returns the offset with the largest normalized cross-correlation of the first channels around a window. */
function bestOffset(ours: Pcm, theirs: Pcm, start: number): number[] {
  const [a, b] = [ours.channels[0]!, theirs.channels[0]!];
  const length = Math.min(WINDOW_SAMPLES, b.length - start);
  let [best, bestScore] = [0, 0];
  let energy = 0;
  for (let offset = -SEARCH_SAMPLES; offset <= SEARCH_SAMPLES; offset++) {
    const from = start + offset;
    if (from < 0 || from + length > a.length) continue;
    let product = 0;
    energy = 0;
    for (let i = 0; i < length; i++) {
      product += a[from + i]! * b[start + i]!;
      energy += a[from + i]! * a[from + i]!;
    }
    const score = energy > 0 ? product / Math.sqrt(energy) : 0;
    if (score > bestScore) [best, bestScore] = [offset, score];
  }
  return bestScore > 0 ? [best] : [];
}
