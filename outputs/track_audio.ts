/**
 * The audio of a track as its listeners know it, read again for click tracks, pictures and the player page.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { type Tensor, tensor } from "../core/tensor.ts";
import { type DecodedStem, openStem } from "../kernels/mod.ts";
import type { Track } from "../pipeline/separated.ts";
import { type AudioOptions, openWithFallback, rangeOf } from "../pipeline/audio_files.ts";
import { readMixture } from "../pipeline/mixture.ts";
import { SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import { findStems } from "../pipeline/find_stems.ts";

/** Samples of a stem that are added at a time. */
const PIECE_SAMPLES = 2 ** 20;

/**
 * Reads the mix of a track; where its stems were given and it names no file, the sum of the stems. No gain is applied.
 *
 * @param track the track
 * @param options part of the track, and whether ffmpeg may be used
 * @returns `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @throws {KernelError | FfmpegError | StemsError} if the audio cannot be read
 */
export async function readTrackAudio(track: Track, options: AudioOptions): Promise<Tensor<"f32">> {
  const { gain: _, ...reading } = options;
  const { path, stemsDirectory, stems, samples } = track;
  if (stemsDirectory === undefined || await isFile(path)) {
    return (await readMixture(samples ?? path, reading)).mixture;
  }
  return await sumOfStems(stems ?? await findStems(stemsDirectory), reading);
}

/** Returns whether a path is that of a file. */
export async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false);
}

/**
 * Reads stems one after the other and adds them up.
 *
 * @param paths files of the stems
 * @param options part of the track, and whether ffmpeg may be used
 * @returns `[2, samples]` f32, full scale 1.0, 44.1 kHz, as long as the longest stem
 */
async function sumOfStems(
  paths: readonly string[],
  options: AudioOptions,
): Promise<Tensor<"f32">> {
  const open = (path: string): Promise<DecodedStem> =>
    openStem(path, SAMPLE_RATE_HZ, Number.MAX_SAFE_INTEGER, 1, rangeOf(options));
  let sum = new Float32Array();
  let length = 0;
  for (const path of paths) {
    const stem = await openWithFallback(path, open, options);
    try {
      if (stem.samples > length) {
        const longer = new Float32Array(2 * stem.samples);
        for (const channel of [0, 1]) {
          const samples = sum.subarray(channel * length, (channel + 1) * length);
          longer.set(samples, channel * stem.samples);
        }
        sum = longer;
        length = stem.samples;
      }
      await addStem(stem, sum, length);
    } finally {
      stem.close();
    }
  }
  return tensor("f32", [2, length], sum);
}

async function addStem(stem: DecodedStem, sum: Float32Array, length: number): Promise<void> {
  for (let first = 0; first < stem.samples; first += PIECE_SAMPLES) {
    const count = Math.min(PIECE_SAMPLES, stem.samples - first);
    const piece = new Int16Array(2 * count);
    await stem.read(first, 2, piece);
    for (const channel of [0, 1]) {
      const at = channel * length + first;
      for (let i = 0; i < count; i++) sum[at + i]! += piece[channel * count + i]! / 32768;
    }
  }
}
