/**
 * FLAC whose sample width changes, as one file for each run of frames of the same width: the reference decoder reads each of
 * them, but not a change.
 *
 * @module
 */

/** Bits a sample by the code in a frame header (RFC 9639, section 9.1.4); 0 stands for the width of the stream. */
const WIDTHS = [0, 8, 12, 0, 16, 20, 24, 32];

const MARK = 0x664c6143; // "fLaC"
const STREAM_INFO_BYTES = 34;

/**
 * Splits a FLAC file at the changes of the sample width.
 *
 * @param bytes a FLAC file
 * @returns a file for each run; empty where the width does not change, or the bytes are no FLAC file
 */
export function flacRuns(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 + STREAM_INFO_BYTES || view.getUint32(0) !== MARK) return [];
  let at = 4;
  for (let last = false; !last && at + 4 <= bytes.length;) {
    last = bytes[at]! >= 0x80;
    at += 4 + (view.getUint32(at) & 0xffffff);
  }
  const info = bytes.slice(8, 8 + STREAM_INFO_BYTES);
  const runs: { width: number; parts: Uint8Array[] }[] = [];
  while (at < bytes.length) {
    const end = frameEnd(bytes, at);
    if (end === null) return [];
    const width = WIDTHS[bytes[at + 3]! >> 1 & 7]! || widthOf(info);
    if (runs.at(-1)?.width !== width) runs.push({ width, parts: [] });
    runs.at(-1)!.parts.push(bytes.subarray(at, end));
    at = end;
  }
  return runs.length < 2 ? [] : runs.map(({ width, parts }) => fileOf(info, width, parts));
}

function widthOf(info: Uint8Array): number {
  return ((info[12]! & 1) << 4 | info[13]! >> 4) + 1;
}

/** Returns a file with stream information of another width, without length and checksum. */
function fileOf(info: Uint8Array, width: number, parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(8 + STREAM_INFO_BYTES);
  header.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAM_INFO_BYTES]);
  header.set(info.subarray(0, 14), 8);
  header.fill(0, 12, 18); // Sizes of frames.
  header[20] = header[20]! & 0xfe | (width - 1) >> 4;
  header[21] = (width - 1 & 15) << 4;
  const file = new Uint8Array(header.length + parts.reduce((sum, { length }) => sum + length, 0));
  file.set(header);
  let at = header.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Returns the end of the frame at a position: the next header, or the end of the file, behind a correct checksum. */
function frameEnd(bytes: Uint8Array, begin: number): number | null {
  if (!isHeader(bytes, begin)) return null;
  let crc = 0;
  for (let at = begin; at < bytes.length; at++) {
    crc = crc << 8 & 0xffff ^ CRC16[crc >> 8 ^ bytes[at]!]!;
    const end = at + 1;
    if (crc === 0 && end - begin > 6 && (end === bytes.length || isHeader(bytes, end))) return end;
  }
  return null;
}

/** Returns whether a frame header with a correct checksum is at a position. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return false;
  const [sizes, first] = [bytes[at + 2]!, bytes[at + 4]!];
  const number = first < 0x80 ? 1 : Math.clz32(~first << 24);
  const block = sizes >> 4 === 6 ? 1 : sizes >> 4 === 7 ? 2 : 0;
  const rate = (sizes & 15) === 12 ? 1 : [13, 14].includes(sizes & 15) ? 2 : 0;
  let crc = 0;
  const end = at + 4 + number + block + rate;
  for (let i = at; i < end; i++) crc = CRC8[crc ^ bytes[i]!]!;
  return end < bytes.length && crc === bytes[end];
}

function crcTable(bits: number, polynomial: number): number[] {
  const top = 1 << (bits - 1);
  return Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) {
      crc = (crc & top ? crc << 1 ^ polynomial : crc << 1) & (2 * top - 1);
    }
    return crc;
  });
}

const CRC8 = crcTable(8, 0x07);
const CRC16 = crcTable(16, 0x8005);
