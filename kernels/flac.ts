/**
 * Encoding of FLAC files.
 *
 * @module
 */

import { invoke } from "./binding.ts";

/** Samples of a block of the encoder, at least. */
const BLOCK_SAMPLES = 1024;

/**
 * Encodes 16-bit samples without loss, as a FLAC file.
 *
 * @param samples `[channels, samples]` i16, 1 to 8 channels; must not change before the promise settles
 * @param channels number of channels
 * @param sampleRateHz rate of the samples, Hz
 * @returns the bytes of the file
 * @throws {KernelError} if there are no samples, or the format has no such number of channels or rate
 */
export async function encodeFlac(
  samples: Int16Array,
  channels: number,
  sampleRateHz: number,
): Promise<Uint8Array> {
  // Where nothing is gained, a block holds its samples as they are.
  const blocks = Math.ceil(samples.length / channels / BLOCK_SAMPLES);
  const output = new Uint8Array(1024 + 2 * samples.length + blocks * (32 + 2 * channels));
  const size = new BigUint64Array(1);
  await invoke("tactus_flac_encode", samples, channels, sampleRateHz, output, size);
  return output.slice(0, Number(size[0]));
}
