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
import { ArrayError } from "./array_error.ts";
import type { ByteSource } from "./byte_source.ts";

/** Limits of the unpacked size of an archive. */
export interface ZipLimits {
  /** Maximum number of entries. */
  readonly entries: number;
  /** Maximum size of all entries together, unpacked, bytes. */
  readonly totalBytes: number;
}

/** Default limits. All supported checkpoints are smaller: the largest, HTDemucs, has 168 MB in f32. */
export const DEFAULT_ZIP_LIMITS: ZipLimits = { entries: 16_384, totalBytes: 2 ** 28 };

/** Entry of the directory of an archive. */
export interface ZipEntry {
  /** Name, with folders. */
  readonly name: string;
  /** 0 for stored, 8 for deflated. */
  readonly method: number;
  /** CRC-32 of the unpacked content. */
  readonly crc: number;
  /** Size in the archive, bytes. */
  readonly packedBytes: number;
  /** Unpacked size, bytes. */
  readonly bytes: number;
  /** Position of the header before the content. */
  readonly localStart: number;
}

const END_RECORD = 0x06054b50;
const DIRECTORY_RECORD = 0x02014b50;
const LOCAL_RECORD = 0x04034b50;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
const LOCAL_BYTES = 30;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const CHECKED_BYTES = 1 << 20;

/**
 * Reads every entry of a zip archive.
 *
 * @param archive content of the file
 * @param limits limits of the unpacked size
 * @returns unpacked entries by name, in the order of the directory
 * @throws {ArrayError} `archive` for a malformed, encrypted or corrupt archive or a repeated name; `too-large` beyond the limits
 */
export function readZip(
  archive: Uint8Array,
  limits: ZipLimits = DEFAULT_ZIP_LIMITS,
): Map<string, Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const directory = findDirectory(view, 0, limits);
  const { start, end } = directory;
  const entries = readEntries(archive.subarray(start, end), directory, archive.length, limits);
  return new Map(entries.map((entry) => [entry.name, unpack(archive, view, entry)]));
}

/**
 * Reads the directory of an archive that stays on disk.
 *
 * @param source content of the file
 * @param limits limits of the unpacked size
 * @returns entries in the order of the directory; their checksums are not verified
 * @throws {ArrayError} as {@linkcode readZip}
 */
export async function readZipDirectory(
  source: ByteSource,
  limits: ZipLimits,
): Promise<ZipEntry[]> {
  const tail = new Uint8Array(Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES));
  const tailStart = source.size - tail.length;
  await source.read(tail, tailStart);
  const directory = findDirectory(new DataView(tail.buffer), tailStart, limits);
  const { start, end } = directory;
  const records = new Uint8Array(end - start);
  await source.read(records, start);
  return readEntries(records, directory, source.size, limits);
}

/**
 * Finds the content of an entry, and verifies its checksum in one pass.
 *
 * @param source content of the file
 * @param entry entry of its directory
 * @param open returns a section of the file, deflated or not
 * @returns the unpacked content
 * @throws {ArrayError} `archive` if the entry is damaged
 */
export async function openZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  open: (start: number, entry: ZipEntry) => ByteSource,
): Promise<ByteSource> {
  const { name, localStart, packedBytes, bytes, method } = entry;
  if (method !== STORED && method !== DEFLATED) throw otherMethod(entry);
  if (localStart + LOCAL_BYTES > source.size) throw damaged(`${name} is cut short`);
  const local = new DataView(new ArrayBuffer(LOCAL_BYTES));
  await source.read(new Uint8Array(local.buffer), localStart);
  const start = contentStart(local, 0, localStart, name);
  if (start + packedBytes > source.size) throw damaged(`${name} is cut short`);
  if (method === STORED && bytes !== packedBytes) {
    throw damaged(`${name} has ${packedBytes} bytes, but its directory says ${bytes}`);
  }
  const content = open(start, entry);
  const block = new Uint8Array(Math.min(bytes, CHECKED_BYTES));
  let crc = 0;
  for (let at = 0; at < bytes; at += block.length) {
    const part = block.subarray(0, Math.min(block.length, bytes - at));
    await content.read(part, at);
    crc = crc32(part, crc);
  }
  if (crc !== entry.crc) throw damaged(`the checksum of ${name} is wrong`);
  return content;
}

interface Directory {
  /** Number of entries. */
  readonly count: number;
  /** Position of the first record. */
  readonly start: number;
  /** Position after the last one. */
  readonly end: number;
}

/** Finds the directory from the end of an archive, whose first byte is at `offset` in the file. */
function findDirectory(tail: DataView, offset: number, limits: ZipLimits): Directory {
  const at = findEnd(tail);
  const [count, start] = [tail.getUint16(at + 10, true), tail.getUint32(at + 16, true)];
  if (count === 0xffff || start === 0xffff_ffff) throw damaged("it is a zip64 archive");
  if (count > limits.entries) {
    throw new ArrayError(
      "too-large",
      `Archive has ${count} entries, at most ${limits.entries} are read`,
    );
  }
  const end = offset + at;
  if (start > end) throw damaged(`its directory breaks off at entry 0 of ${count}`);
  return { count, start, end };
}

function readEntries(
  records: Uint8Array,
  { count }: Directory,
  archiveBytes: number,
  limits: ZipLimits,
): ZipEntry[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const end = records.length;
  const names = new Set<string>();
  const entries: ZipEntry[] = [];
  let total = 0;
  let packed = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_RECORD) {
      throw damaged(`its directory breaks off at entry ${i} of ${count}`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    if (next > end) throw damaged(`its directory breaks off at entry ${i} of ${count}`);
    const name = new TextDecoder().decode(records.subarray(at + 46, at + 46 + nameLength));
    if (view.getUint16(at + 8, true) & ENCRYPTED) throw damaged(`${name} is encrypted`);
    if (names.has(name)) throw damaged(`the name ${name} comes twice`);
    names.add(name);
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
      throw new ArrayError(
        "too-large",
        `Archive unpacks to ${total} bytes or more, at most ${limits.totalBytes} are read`,
      );
    }
    // Overlapping entries would let a small archive unpack to far more than its size.
    packed += entry.packedBytes;
    if (packed > archiveBytes) throw damaged("its entries overlap, or it was cut short");
    entries.push(entry);
    at = next;
  }
  return entries;
}

function unpack(archive: Uint8Array, view: DataView, entry: ZipEntry): Uint8Array {
  const { name, localStart } = entry;
  if (localStart + LOCAL_BYTES > archive.length) throw damaged(`${name} is cut short`);
  const start = contentStart(view, localStart, localStart, name);
  if (start + entry.packedBytes > archive.length) throw damaged(`${name} is cut short`);
  const packed = archive.subarray(start, start + entry.packedBytes);
  const bytes = entry.method === STORED ? packed : inflate(packed, entry);
  if (bytes.length !== entry.bytes) {
    throw damaged(`${name} has ${bytes.length} bytes, but its directory says ${entry.bytes}`);
  }
  if (crc32(bytes) !== entry.crc) throw damaged(`the checksum of ${name} is wrong`);
  return bytes;
}

/** Returns the position of an entry's content, from its header at `at` of the view. */
function contentStart(view: DataView, at: number, localStart: number, name: string): number {
  if (view.getUint32(at, true) !== LOCAL_RECORD) {
    throw damaged(`the entry ${name} is not at the position in the directory`);
  }
  const [names, extra] = [view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
  return localStart + LOCAL_BYTES + names + extra;
}

function otherMethod({ name, method }: ZipEntry): ArrayError {
  return damaged(`${name} uses compression method ${method}, expected 0 or 8`);
}

function inflate(packed: Uint8Array, entry: ZipEntry): Uint8Array {
  if (entry.method !== DEFLATED) throw otherMethod(entry);
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
  const lowest = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = view.byteLength - END_BYTES; at >= lowest; at--) {
    if (view.getUint32(at, true) === END_RECORD) return at;
  }
  throw damaged("it has no zip directory; it may be another kind of file, or cut short");
}

function damaged(why: string, cause?: unknown): ArrayError {
  return new ArrayError("archive", `Cannot read the archive: ${why}`, { cause });
}
