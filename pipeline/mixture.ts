/**
 * Decoding of an audio file to the seam `mixture`.
 *
 * @module
 */

import { openAudio } from "../kernels/mod.ts";
import { SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { slice, type Tensor, tensor } from "../core/tensor.ts";

/** A mixture read from a file. */
export interface ReadMixture {
  /** `[2, samples]` f32, full scale 1.0, 44.1 kHz. */
  readonly mixture: Tensor<"f32">;
  /** Short name of the codec, such as `mp3`. */
  readonly codec: string;
  /** Sample rate of the file in Hz. */
  readonly sampleRateHz: number;
  /** Warnings for the user, each naming the file. */
  readonly warnings: readonly string[];
}

/**
 * Decodes an audio file to stereo at 44.1 kHz: a mono channel goes to both channels, more than two channels give the first two.
 *
 * @param path path of the file
 * @throws {KernelError} if the file cannot be read, is not audio, or holds no samples
 *
 * Source: demucs 4.0.1, `audio.py`, `convert_audio_channels`.
 */
export async function readMixture(path: string): Promise<ReadMixture> {
  const file = await openAudio(path, SAMPLE_RATE_HZ);
  try {
    const decoded = await file.read();
    return {
      mixture: stereo(decoded),
      codec: file.codec,
      sampleRateHz: file.sourceSampleRateHz,
      warnings: file.warnings.map((warning) => `${path}: ${warning}`),
    };
  } finally {
    file.close();
  }
}

function stereo(decoded: Tensor<"f32">): Tensor<"f32"> {
  const [channels = 0, samples = 0] = decoded.shape;
  if (channels === 2) return decoded;
  const data = new Float32Array(2 * samples);
  const second = channels === 1 ? 0 : samples;
  data.set(decoded.data.subarray(0, samples));
  data.set(decoded.data.subarray(second, second + samples), samples);
  return tensor("f32", [2, samples], data);
}

/**
 * Copies a part of a mixture.
 *
 * @param mixture `[2, samples]` f32
 * @param start first sample
 * @param samples length of the part
 * @returns `[2, samples]` f32, a copy
 * @throws {RangeError} if the mixture ends before the part does
 */
export function excerpt(mixture: Tensor<"f32">, start: number, samples: number): Tensor<"f32"> {
  const length = mixture.shape[1] ?? 0;
  if (start + samples > length) {
    throw new RangeError(
      `Expected a part within ${length} samples, but got one that ends at ${start + samples}`,
    );
  }
  return slice(mixture, 1, start, start + samples);
}
