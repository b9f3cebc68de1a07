/**
 * Stems as WAV files.
 *
 * @module
 */

import { SAMPLE_RATE_HZ } from "./spectrogram.ts";

const HEADER_BYTES = 44;
const CHANNELS = 2;
const FRAME_BYTES = 2 * CHANNELS;

/**
 * Encodes 16-bit stereo at 44.1 kHz.
 *
 * @param stem `[2, samples]` i16
 * @returns the bytes of a RIFF WAVE file
 * @throws {RangeError} for more than 4 GiB (6.7 hours), the limit of the format
 */
export function encodeWav(stem: Int16Array): Uint8Array {
  const samples = stem.length / CHANNELS;
  const size = FRAME_BYTES * samples;
  if (HEADER_BYTES + size >= 2 ** 32) {
    throw new RangeError(
      `Cannot write ${samples} samples to a WAV file: the format is limited to 4 GiB`,
    );
  }
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + size));
  const text = (at: number, characters: string): void =>
    [...characters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, CHANNELS, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ * FRAME_BYTES, true);
  view.setUint16(32, FRAME_BYTES, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
  for (let i = 0; i < samples; i++) {
    const at = HEADER_BYTES + FRAME_BYTES * i;
    view.setInt16(at, stem[i]!, true);
    view.setInt16(at + 2, stem[samples + i]!, true);
  }
  return new Uint8Array(view.buffer);
}
