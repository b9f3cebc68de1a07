/**
 * Prepares the track that stages are timed on.
 *
 * @module
 */

import { join } from "node:path";
import type { AudioOptions } from "../../pipeline/audio_files.ts";
import { findStems } from "../../pipeline/find_stems.ts";
import { readStems, STEMS } from "../../pipeline/stems.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { encodeWav } from "../../pipeline/wav.ts";

/**
 * Reads stems from a folder and repeats them until they are long enough.
 *
 * @param directory folder with bass, drums, other, vocals
 * @param seconds shortest length; a longer track is not changed
 * @param audio gain, limit of the padding of stems, and whether ffmpeg may be used
 * @returns `[4, 2, samples]` i16
 * @throws {StemsError | KernelError} if the stems cannot be read
 */
export async function longStems(
  directory: string,
  seconds: number,
  audio: AudioOptions = {},
): Promise<Tensor<"i16">> {
  const { stems16 } = await readStems(await findStems(directory), audio);
  const [stems = 0, channels = 0, length = 0] = stems16.shape;
  const samples = Math.max(length, Math.round(seconds * SAMPLE_RATE_HZ));
  if (samples === length) return stems16;
  const data = new Int16Array(stems * channels * samples);
  for (let row = 0; row < stems * channels; row++) {
    const once = stems16.data.subarray(row * length, (row + 1) * length);
    for (let at = 0; at < samples; at += length) {
      data.set(once.subarray(0, Math.min(length, samples - at)), row * samples + at);
    }
  }
  return tensor("i16", [stems, channels, samples], data);
}

/**
 * Writes stems in the layout of demucs.
 *
 * @param folder output folder of `bass.wav` and the other stems
 * @param stems16 `[4, 2, samples]` i16
 */
export async function writeStems(folder: string, { shape, data }: Tensor<"i16">): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const size = data.length / (shape[0] ?? 1);
  for (const [at, stem] of STEMS.entries()) {
    const wav = encodeWav(data.subarray(at * size, (at + 1) * size));
    await Deno.writeFile(join(folder, `${stem}.wav`), wav);
  }
}
