/**
 * Decoding of an audio file to the seam `mixture`.
 *
 * @module
 */

import { type AudioSamples, type DecodedAudio, openAudio, takeAudio } from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";
import { audioFile, type AudioOptions, openWithFallback, rangeOf } from "./audio_files.ts";
import { type AppliedGain, appliedGain, factorOf, levelWarnings } from "./levels.ts";
import type { AudioFile } from "./result.ts";
import { SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { release, slice, type Tensor, tensor } from "../core/tensor.ts";

/** A mixture read from a file. */
export interface ReadMixture {
  /** `[2, samples]` f32, full scale 1.0, 44.1 kHz. */
  readonly mixture: Tensor<"f32">;
  /** The file for the provenance. */
  readonly source: AudioFile;
  /** Gain that was applied; null for none. */
  readonly gain: AppliedGain | null;
  /** Warnings for the user, each naming the file. */
  readonly warnings: readonly string[];
  /** Notes for the user, each naming the file. */
  readonly notes: readonly string[];
}

/**
 * Decodes an audio file to stereo at 44.1 kHz: a mono channel goes to both channels, more than two channels give the first two.
 *
 * @param source path of the file, or samples in memory
 * @param options part that is read, gain, and whether ffmpeg may be used
 * @throws {KernelError | FfmpegError} if the file cannot be read, is not audio, holds no samples, or ends before the part
 *
 * Source: demucs 4.0.1, `audio.py`, `convert_audio_channels`.
 */
export async function readMixture(
  source: string | AudioSamples,
  options: AudioOptions = {},
): Promise<ReadMixture> {
  const { signal } = options;
  const range = rangeOf(options);
  const path = typeof source === "string" ? source : source.name;
  const open = (path: string): Promise<DecodedAudio> =>
    openAudio(path, SAMPLE_RATE_HZ, range, signal);
  const file = typeof source === "string"
    ? await openWithFallback(source, open, options)
    : { ...await takeAudio(source, SAMPLE_RATE_HZ, range, signal), notes: [], identity: null };
  try {
    const gain = appliedGain(options.gain, file.levels.peak);
    const decoded = await file.read(factorOf(gain));
    const named = printable(path);
    return {
      mixture: stereo(decoded),
      source: audioFile(path, file),
      gain,
      warnings: [
        ...file.warnings.map((warning) => `${named}: ${printable(warning)}`),
        ...levelWarnings(path, [file], gain),
      ],
      notes: file.notes.map((note) => `${named}: ${note}`),
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
  release(decoded);
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
