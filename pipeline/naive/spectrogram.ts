/**
 * Naive reference implementation of the spectrogram, in float64 after its definition.
 *
 * @module
 */

import { BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ } from "../spectrogram.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { fourierTransform } from "./fourier_transform.ts";

const FRAME_SAMPLES = 2048;
const BINS = FRAME_SAMPLES / 2;
const BANDS_PER_OCTAVE = 12;
const [LOWEST_HZ, HIGHEST_HZ, REFERENCE_HZ] = [30, 17_000, 440];

/**
 * Computes the same as {@linkcode spectrogram} of `../spectrogram.ts`.
 *
 * @param stems `[stems, channels, samples]` i16, 44.1 kHz
 * @returns `[stems, frames, 81]` f32, log10(1 + magnitude), 100 frames/s; frames = ceil(samples / 441)
 *
 * Source: allin1 1.1.0, `spectrogram.py`; madmom 0.16.1, `audio/`.
 */
export function naiveSpectrogram(stems: Tensor<"i16">): Tensor<"f32"> {
  const [count = 0, channels = 0, samples = 0] = stems.shape;
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const output = new Float32Array(count * frames * BANDS);
  const window = hannWindow();
  const transform = fourierTransform(FRAME_SAMPLES);
  const filters = filterbank();
  for (let stem = 0; stem < count; stem++) {
    const first = stem * channels * samples;
    const signal = mono(stems.data.subarray(first, first + channels * samples), channels);
    for (let frame = 0; frame < frames; frame++) {
      const [real, imaginary] = windowed(signal, frame * HOP_SAMPLES - BINS, window);
      transform(real, imaginary);
      for (const [band, weights] of filters.entries()) {
        let sum = 0;
        for (const [bin, weight] of weights) {
          sum += weight * Math.hypot(real[bin]!, imaginary[bin]!);
        }
        output[(stem * frames + frame) * BANDS + band] = Math.log10(1 + sum);
      }
    }
  }
  return tensor("f32", [count, frames, BANDS], output);
}

/** Returns the mean of the channels, truncated toward zero. */
function mono(data: Int16Array, channels: number): Int16Array {
  const samples = data.length / channels;
  return Int16Array.from({ length: samples }, (_, at) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[channel * samples + at]!;
    return Math.trunc(sum / channels);
  });
}

/** Returns a symmetric Hann window divided by the full scale of 16 bits. */
function hannWindow(): Float64Array {
  return Float64Array.from(
    { length: FRAME_SAMPLES },
    (_, at) => (0.5 - 0.5 * Math.cos(2 * Math.PI * at / (FRAME_SAMPLES - 1))) / 32_767,
  );
}

/** Returns the frame that starts at a sample; samples outside the signal are zero. */
function windowed(
  signal: Int16Array,
  start: number,
  window: Float64Array,
): [real: Float64Array, imaginary: Float64Array] {
  const real = window.map((weight, at) => weight * (signal[start + at] ?? 0));
  return [real, new Float64Array(FRAME_SAMPLES)];
}

/** Returns the weights of the bins of each band, float32 values that sum to 1. */
function filterbank(): (readonly [bin: number, weight: number])[][] {
  const centres = centreBins();
  return Array.from({ length: centres.length - 2 }, (_, band) => {
    const [start, middle, end] = centres.slice(band, band + 3) as [number, number, number];
    // A triangle narrower than two bins is reduced to one bin.
    const [centre, stop] = end - start < 2 ? [start, start + 1] : [middle, end];
    const bins = Array.from({ length: stop - start }, (_, at) => start + at);
    const weights = bins.map((bin) =>
      Math.fround(
        bin < centre ? (bin - start) / (centre - start) : 1 - (bin - centre) / (stop - centre),
      )
    );
    const sum = weights.reduce((sum, weight) => Math.fround(sum + weight), 0);
    return bins.map((bin, at) => [bin, Math.fround(weights[at]! / sum)] as const);
  });
}

/** Returns the bins nearest to the centre frequencies, each once. */
function centreBins(): number[] {
  const binHz = SAMPLE_RATE_HZ / FRAME_SAMPLES;
  const step = (hz: number): number => BANDS_PER_OCTAVE * Math.log2(hz / REFERENCE_HZ);
  const centres = new Set<number>();
  for (let at = Math.floor(step(LOWEST_HZ)); at < Math.ceil(step(HIGHEST_HZ)); at++) {
    const hz = REFERENCE_HZ * 2 ** (at / BANDS_PER_OCTAVE);
    // At equal distance the higher bin is chosen.
    if (hz >= LOWEST_HZ && hz <= HIGHEST_HZ) centres.add(Math.floor(hz / binHz + 0.5));
  }
  return [...centres];
}
