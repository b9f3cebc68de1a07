/**
 * Stems as WAV files.
 *
 * @module
 */

import { open } from "node:fs/promises";
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
  const bytes = new Uint8Array(HEADER_BYTES + size);
  bytes.set(header(size));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < samples; i++) {
    const at = HEADER_BYTES + FRAME_BYTES * i;
    view.setInt16(at, stem[i]!, true);
    view.setInt16(at + 2, stem[samples + i]!, true);
  }
  return bytes;
}

/** Returns the header before `size` bytes of samples. */
function header(size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
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
  return new Uint8Array(view.buffer);
}

/** A WAV file that is read piece by piece. */
export interface OpenWav {
  /** Samples of each channel. */
  readonly samples: number;
  /**
   * Reads the next samples.
   *
   * @param first the first of them
   * @param piece `[2, samples]` i16, which receives them
   */
  read(first: number, piece: Int16Array): Promise<void>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a file of 16-bit stereo at 44.1 kHz.
 *
 * @param path path of the file
 * @returns undefined for a file that does not have the bytes of {@linkcode encodeWav} before its samples
 * @throws if the file cannot be read
 */
export async function openWav(path: string): Promise<OpenWav | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const found = new Uint8Array(HEADER_BYTES);
    await file.read(found, 0, HEADER_BYTES, 0);
    const bytes = size - HEADER_BYTES;
    const isOwn = bytes >= 0 && size < 2 ** 32 && bytes % FRAME_BYTES === 0 &&
      header(bytes).every((byte, at) => found[at] === byte);
    if (!isOwn) {
      await file.close();
      return undefined;
    }
    return {
      samples: bytes / FRAME_BYTES,
      async read(first, piece): Promise<void> {
        const frames = new Int16Array(piece.length);
        for (let done = 0; done < frames.byteLength;) {
          const at = HEADER_BYTES + FRAME_BYTES * first + done;
          const { bytesRead } = await file.read(
            new Uint8Array(frames.buffer, done),
            0,
            frames.byteLength - done,
            at,
          );
          if (bytesRead === 0) throw new Error(`${path} ends at byte ${at}`);
          done += bytesRead;
        }
        const count = piece.length / CHANNELS;
        for (let i = 0; i < count; i++) {
          piece[i] = frames[2 * i]!;
          piece[count + i] = frames[2 * i + 1]!;
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
