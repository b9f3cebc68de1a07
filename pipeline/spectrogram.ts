/**
 * Stage: 16-bit stems to logarithmic spectrograms.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { computeSpectrogram } from "../kernels/mod.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/** Hop in samples at 44.1 kHz. */
export const HOP_SAMPLES = 441;

/** Sample rate of every stem. */
export const SAMPLE_RATE_HZ = 44_100;

/** Frame rate of every seam from the spectrogram on, frames a second. */
export const FRAMES_PER_SECOND = 100;

/** Frequency bands of a spectrogram. */
export const BANDS = 81;

/**
 * Computes the spectrograms of all stems at the same time; of equal stems only the first one's.
 *
 * @param stems `[stems, channels, samples]` i16, 44.1 kHz
 * @param signal aborts the computation
 * @returns `[stems, frames, 81]` f32, log10(1 + magnitude), 100 frames/s; frames = ceil(samples / 441)
 * @throws {RangeError} if there are no samples
 *
 * Source: allin1 1.1.0, `spectrogram.py`; madmom 0.16.1.
 */
export async function spectrogram(
  stems: Tensor<"i16">,
  signal?: AbortSignal,
): Promise<Tensor<"f32">> {
  const [count = 0, channels = 0, samples = 0] = stems.shape;
  if (count * channels * samples === 0) {
    throw new RangeError("There is no audio: the stems have no samples");
  }
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const output = new Float32Array(count * frames * BANDS);
  const input = stems.data as Int16Array<ArrayBuffer>;
  const stemOf = (stem: number): Int16Array<ArrayBuffer> =>
    input.subarray(stem * channels * samples, (stem + 1) * channels * samples);
  const rowsOf = (stem: number): Float32Array =>
    output.subarray(stem * frames * BANDS, (stem + 1) * frames * BANDS);
  const firsts = Array.from({ length: count }, (_, stem) => {
    const earlier = Array.from({ length: stem }, (_, at) => at);
    return earlier.find((other) => areEqual(stemOf(other), stemOf(stem))) ?? stem;
  });
  await Promise.all(
    firsts.map(async (first, stem) => {
      if (first !== stem) return;
      await computeSpectrogram(stemOf(stem), channels, rowsOf(stem), undefined, signal);
    }),
  );
  for (const [stem, first] of firsts.entries()) {
    if (first !== stem) rowsOf(stem).set(rowsOf(first));
  }
  return tensor("f32", [count, frames, BANDS], output);
}

function areEqual(one: Int16Array, other: Int16Array): boolean {
  const [a, b] = [one, other].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength)
  );
  return a!.equals(b!);
}
