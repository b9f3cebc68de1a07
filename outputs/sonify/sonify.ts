/**
 * A track with the clicks of its result, as a file.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { encodeFlac, roundMixture } from "../../kernels/mod.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { encodeWav } from "../../pipeline/wav.ts";
import type { ClickFormat } from "../track_file_formats.ts";
import { addClicks, type Audible } from "./click_track.ts";

/**
 * Mixes clicks into a track. Where the sum exceeds full scale, all of it is made quieter; nothing is clipped.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz; the clicks are added in place
 * @param result beats, downbeats and segments
 * @param format format of the file, 16 bit
 * @param startSeconds time in the track at which the mixture begins
 * @returns the bytes of the file, as long as the mixture
 * @throws {RangeError} for more than 4 GiB of WAV
 *
 * Source: allin1 1.1.0, `sonify.py`, which clips before the same scaling; demucs 4.0.1, `audio.py`, `save_audio`.
 */
export async function sonify(
  mixture: Tensor<"f32">,
  result: Audible,
  format: ClickFormat,
  startSeconds = 0,
): Promise<Uint8Array> {
  const [channels = 0, samples = 0] = mixture.shape;
  const planes = Array.from(
    { length: channels },
    (_, channel) => mixture.data.subarray(channel * samples, (channel + 1) * samples),
  );
  addClicks(planes, startSeconds === 0 ? result : moved(result, startSeconds));
  const rounded = new Int16Array(mixture.data.length);
  await roundMixture(mixture.data, rounded);
  if (format === "wav") return encodeWav(rounded);
  return await encodeFlac(rounded, channels, SAMPLE_RATE_HZ);
}

/** Returns a result with times from a time of the track on. */
function moved({ beats, downbeats, segments }: Audible, startSeconds: number): Audible {
  const from = (time: number): number => time - startSeconds;
  return {
    beats: beats.map(from),
    downbeats: downbeats.map(from),
    segments: segments.map(({ start, end, label }) => ({
      ...{ start: from(start), end: from(end), label },
    })),
  };
}
