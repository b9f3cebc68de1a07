/**
 * Reads zip archives with limits, for `.npz` arrays and torch checkpoints.
 *
 * Sizes, names and checksums come from the archive's directory; sizes are checked before an entry is inflated.
 *
 * Source: PKWARE APPNOTE 6.3.10.
 *
 * @module
 */

import { inflateSync } from "fflate";
import { crc32 } from "node:zlib";
import { NpyError } from "./npy_error.ts";

/** Limits of the unpacked size of an archive. */
export interface ZipLimits {
  /** Maximum number of entries. */
  readonly entries: number;
  /** Maximum size of all entries together, unpacked, bytes. */
  readonly totalBytes: number;
}

/** Default limits. All supported checkpoints are smaller: the largest, HTDemucs, has 168 MB in f32. */
export const DEFAULT_ZIP_LIMITS: ZipLimits = { entries: 16_384, totalBytes: 2 ** 28 };

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localStart: number;
}

const END_RECORD = 0x06054b50;
const DIRECTORY_RECORD = 0x02014b50;
const LOCAL_RECORD = 0x04034b50;
const ENCRYPTED = 1;

/**
 * Reads every entry of a zip archive.
 *
 * @param archive content of the file
 * @param limits limits of the unpacked size
 * @returns unpacked entries by name, in the order of the directory
 * @throws {NpyError} `archive` for a malformed, encrypted or corrupt archive or a repeated name; `too-large` beyond the limits
 */
export function readZip(
  archive: Uint8Array,
  limits: ZipLimits = DEFAULT_ZIP_LIMITS,
): Map<string, Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const entries = readDirectory(archive, view, limits);
  const contents = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (contents.has(entry.name)) throw damaged(`the name ${entry.name} comes twice`);
    contents.set(entry.name, unpack(archive, view, entry));
  }
  return contents;
}

function readDirectory(archive: Uint8Array, view: DataView, limits: ZipLimits): Entry[] {
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || start === 0xffff_ffff) throw damaged("it is a zip64 archive");
  if (count > limits.entries) {
    throw new NpyError(
      "too-large",
      `Archive has ${count} entries, at most ${limits.entries} are read`,
    );
  }
  const entries: Entry[] = [];
  let total = 0;
  let packed = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_RECORD) {
      throw damaged(`its directory breaks off at entry ${i} of ${count}`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    if (next > end) throw damaged(`its directory breaks off at entry ${i} of ${count}`);
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
    if (view.getUint16(at + 8, true) & ENCRYPTED) throw damaged(`${name} is encrypted`);
    const entry = {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
      localStart: view.getUint32(at + 42, true),
    };
    total += entry.bytes;
    if (total > limits.totalBytes) {
      throw new NpyError(
        "too-large",
        `Archive unpacks to ${total} bytes or more, at most ${limits.totalBytes} are read`,
      );
    }
    // Overlapping entries would let a small archive unpack to far more than its size.
    packed += entry.packedBytes;
    if (packed > archive.length) throw damaged("its entries overlap, or it was cut short");
    entries.push(entry);
    at = next;
  }
  return entries;
}

function unpack(archive: Uint8Array, view: DataView, entry: Entry): Uint8Array {
  const { name, localStart } = entry;
  if (localStart + 30 > archive.length || view.getUint32(localStart, true) !== LOCAL_RECORD) {
    throw damaged(`the entry ${name} is not at the position in the directory`);
  }
  const start = localStart + 30 + view.getUint16(localStart + 26, true) +
    view.getUint16(localStart + 28, true);
  if (start + entry.packedBytes > archive.length) throw damaged(`${name} is cut short`);
  const packed = archive.subarray(start, start + entry.packedBytes);
  const bytes = entry.method === 0 ? packed : inflate(packed, entry);
  if (bytes.length !== entry.bytes) {
    throw damaged(`${name} has ${bytes.length} bytes, but its directory says ${entry.bytes}`);
  }
  if (crc32(bytes) !== entry.crc) throw damaged(`the checksum of ${name} is wrong`);
  return bytes;
}

function inflate(packed: Uint8Array, entry: Entry): Uint8Array {
  if (entry.method !== 8) {
    throw damaged(`${entry.name} uses compression method ${entry.method}, expected 0 or 8`);
  }
  // A deflated byte unpacks to at most 1032 bytes, so a larger size is false and nothing is allocated.
  if (entry.bytes > entry.packedBytes * 1032 + 64) {
    throw damaged(`${entry.name} cannot unpack to the ${entry.bytes} bytes it claims`);
  }
  try {
    return inflateSync(packed, { out: new Uint8Array(entry.bytes) });
  } catch (cause) {
    throw damaged(`${entry.name} does not inflate`, cause);
  }
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === END_RECORD) return at;
  }
  throw damaged("it has no zip directory; it may be another kind of file, or cut short");
}

function damaged(why: string, cause?: unknown): NpyError {
  const error = new NpyError("archive", `Cannot read the archive: ${why}`);
  if (cause !== undefined) error.cause = cause;
  return error;
}
