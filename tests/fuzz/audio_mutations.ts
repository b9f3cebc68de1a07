/**
 * Damage to Ogg and FLAC files that leaves their checksums correct.
 *
 * Source: RFC 3533 section 6 (Ogg pages), RFC 9639 section 9 (FLAC frames).
 *
 * @module
 */

import { type Material, mutateBytes } from "./byte_mutations.ts";
import { type Bytes, concat } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

const OGG_PAGE = [0x4f, 0x67, 0x67, 0x53] as const;
const OGG_CRC_AT = 22;
const OGG_HEADER_BYTES = 27;
const FLAC_FILE = [0x66, 0x4c, 0x61, 0x43] as const;

/** Returns a cyclic redundancy check, most significant bit first, from 0. */
function checksum(bytes: Uint8Array, width: number, polynomial: number): number {
  // Kept in the upper bits, so that one loop serves every width.
  const aligned = polynomial << (32 - width);
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ aligned : crc << 1;
  }
  return crc >>> (32 - width);
}

function startsWith(bytes: Uint8Array, at: number, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/**
 * Damages an audio file. It then corrects the checksum of every page of Ogg, or of the damaged frame of FLAC.
 *
 * @param bytes the file; it is not changed
 * @param random source of the choices
 * @param material source of new bytes
 */
export function mutateAudio(bytes: Bytes, random: CounterRandom, material: Material): Bytes {
  if (startsWith(bytes, 0, OGG_PAGE)) return mendOgg(mutateBytes(bytes, random, material));
  if (startsWith(bytes, 0, FLAC_FILE)) return mutateFlacFrame(bytes, random, material);
  return mutateBytes(bytes, random, material);
}

/** Corrects the checksum of every complete page. */
function mendOgg(bytes: Bytes): Bytes {
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  for (let at = 0; at + OGG_HEADER_BYTES <= mended.length; at++) {
    if (!startsWith(mended, at, OGG_PAGE)) continue;
    const segments = mended.subarray(at + OGG_HEADER_BYTES).subarray(0, mended[at + 26]);
    const length = segments.reduce((sum, n) => sum + n, OGG_HEADER_BYTES + segments.length);
    view.setUint32(at + OGG_CRC_AT, 0);
    const page = mended.subarray(at, at + length);
    view.setUint32(at + OGG_CRC_AT, checksum(page, 32, 0x04c11db7), true);
  }
  return mended;
}

function mutateFlacFrame(bytes: Bytes, random: CounterRandom, material: Material): Bytes {
  const starts = flacFrames(bytes);
  if (starts.length === 0) return mutateBytes(bytes, random, material);
  const index = random.below(starts.length);
  const start = starts[index]!;
  const end = starts[index + 1] ?? bytes.length;
  const headerEnd = start + flacHeaderBytes(bytes, start);
  const header = bytes.slice(start, headerEnd);
  const bodyBytes = bytes.slice(headerEnd, end - 2);
  const isHeader = random.oneIn(3);
  if (isHeader) header[2 + random.below(header.length - 3)] = random.below(256);
  header[header.length - 1] = checksum(header.subarray(0, -1), 8, 0x07);
  const body = isHeader ? bodyBytes : mutateBytes(bodyBytes, random, material);
  const frame = concat(header, body);
  const crc = checksum(frame, 16, 0x8005);
  return concat(
    bytes.subarray(0, start),
    frame,
    Uint8Array.of(crc >>> 8, crc),
    bytes.subarray(end),
  );
}

/** Returns the positions of the frames of a valid FLAC file. */
function flacFrames(bytes: Bytes): number[] {
  const starts: number[] = [];
  for (let at = 0; at + 6 < bytes.length; at++) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) continue;
    const header = bytes.subarray(at, at + flacHeaderBytes(bytes, at));
    if (checksum(header.subarray(0, -1), 8, 0x07) === header.at(-1)) starts.push(at);
  }
  return starts;
}

/** Returns the length of a frame's header with its checksum. */
function flacHeaderBytes(bytes: Bytes, at: number): number {
  const [blockCode, rateCode] = [bytes[at + 2]! >> 4, bytes[at + 2]! & 15];
  const number = Math.max(1, Math.clz32(~(bytes[at + 4]! << 24)));
  const block = blockCode === 6 ? 1 : blockCode === 7 ? 2 : 0;
  const rate = rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0;
  return 4 + number + block + rate + 1;
}
