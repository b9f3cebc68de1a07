/**
 * Four stem files to the seam `spectrogram`: of their samples nothing is kept.
 *
 * @module
 */

import { type StreamedStem, streamStem } from "../kernels/mod.ts";
import { tensor } from "../core/tensor.ts";
import { type AudioOptions, type OpenedFile, rangeOf } from "./audio_files.ts";
import { factorOf } from "./levels.ts";
import { BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { hashOfDigests } from "./stems_hash.ts";
import {
  ensureFiles,
  type LongOptions,
  type LongStems,
  readShortStems,
  type ReadStems,
  recordOf,
  settingsOf,
  withOpen,
} from "./stems.ts";

/** Spectrogram of stems that were used up. */
export interface StreamedStems extends LongStems {
  /** Busy time of each stage in seconds. */
  readonly seconds: { readonly decode: number; readonly spectrogram: number };
}

/**
 * Decodes the stems of one track, all at the same time, and computes their spectrograms meanwhile. Stems that are
 * shorter than the longest are padded with silence, up to a limit.
 *
 * @param paths files in the order of the stems
 * @param options gain, limit of the padding, and whether ffmpeg may be used
 * @throws {KernelError} if a file cannot be decoded
 * @throws {StemsError} if the stems differ in length by more than the limit
 */
export async function streamStems(
  paths: readonly string[],
  options: AudioOptions = {},
): Promise<StreamedStems> {
  await ensureFiles(paths);
  const settings = await settingsOf(paths, options);
  const open = (path: string): Promise<StreamedStem> =>
    streamStem(path, SAMPLE_RATE_HZ, factorOf(settings.gain), rangeOf(options), options.signal);
  return await withOpen(paths, settings, open, async (files) => {
    const samples = Math.max(...files.map((file) => file.samples));
    const record = recordOf(paths, files, samples, settings);
    return { ...record, ...await takeSpectrograms(files, samples), seconds: busyTimes(files) };
  });
}

/**
 * Decodes the stems of one track like `readStems()`. Of a track longer than twelve minutes only the spectrogram is kept.
 *
 * @param paths files in the order of the stems, and then those that are added to other
 * @param options limits of a long track, and those of `readStems()`
 * @throws {KernelError | StemsError} as `readStems()`
 */
export async function readStemsOrSpectrogram(
  paths: readonly string[],
  options: LongOptions = {},
): Promise<ReadStems | LongStems> {
  return await readShortStems(paths, options) ?? await streamStems(paths, options);
}

/** Takes spectrograms one after the other, so that each is freed before the next takes memory here. */
async function takeSpectrograms(
  files: readonly OpenedFile<StreamedStem>[],
  samples: number,
): Promise<Pick<StreamedStems, "spectrogram" | "sha256">> {
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const size = frames * BANDS;
  const data = new Float32Array(files.length * size);
  const digests: Uint8Array[] = [];
  for (const [stem, file] of files.entries()) {
    digests.push(await file.take(samples, data.subarray(stem * size, (stem + 1) * size)));
  }
  return {
    spectrogram: tensor("f32", [files.length, frames, BANDS], data),
    sha256: hashOfDigests(digests),
  };
}

/** The files are read at the same time: the longest counts. */
function busyTimes(files: readonly StreamedStem[]): StreamedStems["seconds"] {
  return {
    decode: Math.max(...files.map(({ decodeSeconds }) => decodeSeconds)),
    spectrogram: Math.max(...files.map(({ spectrogramSeconds }) => spectrogramSeconds)),
  };
}
