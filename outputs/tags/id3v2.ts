/**
 * The tempo in an ID3v2 tag.
 *
 * @module
 */

import { asciiOf, bytesOfAscii, joined, TagError, viewOf } from "./source.ts";

/** Bytes of the header of a tag, and of the footer of version 4. */
const HEADER_BYTES = 10;

/** Free bytes behind the frames of a tag that has grown, so that the next change moves nothing. */
const PADDING_BYTES = 1024;

const UNSYNCHRONISED = 0x80;
const EXTENDED = 0x40;
const FOOTER = 0x10;

/** Layout of the frames of a version. */
interface Layout {
  readonly tempo: string;
  readonly headerBytes: number;
  readonly sizeBytes: number;
}

const LAYOUTS: Readonly<Record<number, Layout>> = {
  2: { tempo: "TBP", headerBytes: 6, sizeBytes: 3 },
  3: { tempo: "TBPM", headerBytes: 10, sizeBytes: 4 },
  4: { tempo: "TBPM", headerBytes: 10, sizeBytes: 4 },
};

/**
 * Returns the length of the tag at the start of a file, its footer included; 0 where there is none.
 *
 * @param header at least the first ten bytes of the file
 */
export function id3v2Length(header: Uint8Array): number {
  if (header.length < HEADER_BYTES || asciiOf(header.subarray(0, 3)) !== "ID3") return 0;
  const footer = header[3] === 4 && (header[5]! & FOOTER) !== 0 ? HEADER_BYTES : 0;
  return HEADER_BYTES + sevenBits(header.subarray(6, 10)) + footer;
}

/**
 * Returns a tag with a tempo. The other frames keep their bytes, and the tag its version and, where there is room, its length.
 *
 * @param tag the whole tag; undefined for a new one, of version 2.3
 * @param bpm beats a minute, a whole number
 * @returns the tag, or undefined where it holds this tempo already
 * @throws {TagError} if the tag is damaged, or has features that are not read here
 *
 * Source: ID3v2.2, 2.3.0 and 2.4.0, "Informal standard".
 */
export function withTempo(
  tag: Uint8Array | undefined,
  bpm: number,
): Uint8Array<ArrayBuffer> | undefined {
  const { version, flags, body, room } = tag === undefined
    ? { version: 3, flags: 0, body: new Uint8Array(), room: 0 }
    : contentOf(tag);
  const layout = LAYOUTS[version]!;
  const frames = framesOf(body, version, layout);
  const tempi = frames.filter(({ name }) => name === layout.tempo);
  if (tempi.length === 1 && textOf(tempi[0]!.bytes.subarray(layout.headerBytes)) === `${bpm}`) {
    return undefined;
  }
  const kept = frames.filter(({ name }) => name !== layout.tempo).map(({ bytes }) => bytes);
  // Encoding 0 is ISO 8859-1.
  const text = [0, ...bytesOfAscii(`${bpm}`)];
  const size = Array.from(
    { length: layout.sizeBytes },
    (_, byte) => byte === layout.sizeBytes - 1 ? text.length : 0,
  );
  const frame = [
    ...bytesOfAscii(layout.tempo),
    ...size,
    ...(layout.headerBytes === 10 ? [0, 0] : []),
    ...text,
  ];
  const length = kept.reduce((sum, { length }) => sum + length, frame.length);
  const total = length <= room ? room : length + PADDING_BYTES;
  if (total >= 2 ** 28) throw new TagError("its ID3v2 tag has no room for another frame");
  const header = [
    ...bytesOfAscii("ID3"),
    ...[version, 0, flags],
    ...[21, 14, 7, 0].map((shift) => (total >> shift) & 127),
  ];
  return joined(header, ...kept, frame, new Uint8Array(total - length));
}

/** Returns version, flags and frames of a tag, and the length that they may have without moving what follows. */
function contentOf(
  tag: Uint8Array,
): { version: number; flags: number; body: Uint8Array; room: number } {
  const version = tag[3]!;
  const flags = tag[5]!;
  if (!(version in LAYOUTS)) {
    throw new TagError(`its tag ID3v2.${version} is of an unknown version`);
  }
  const size = sevenBits(tag.subarray(6, 10));
  let body = tag.subarray(HEADER_BYTES, HEADER_BYTES + size);
  if (version === 2 && (flags & EXTENDED) !== 0) {
    throw new TagError("its ID3v2.2 tag is compressed");
  }
  // In version 4 each frame is unsynchronised by itself.
  if (version < 4 && (flags & UNSYNCHRONISED) !== 0) body = synchronised(body);
  if (version > 2 && (flags & EXTENDED) !== 0) {
    if (body.length < 6) throw new TagError("its ID3v2 tag is damaged at its extended header");
    const length = version === 3 ? 4 + viewOf(body).getUint32(0) : sevenBits(body.subarray(0, 4));
    body = body.subarray(length);
  }
  const gone = version === 4 ? EXTENDED | FOOTER : EXTENDED | UNSYNCHRONISED;
  return { version, flags: flags & ~gone, body, room: tag.length - HEADER_BYTES };
}

/** A frame with its header. */
interface Frame {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function framesOf(body: Uint8Array, version: number, layout: Layout): Frame[] {
  const plain = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0);
  // Some programs write sizes of eight bits a byte into version 4.
  const ways = version === 4 ? [sevenBits, plain] : [plain];
  for (const sizeOf of ways) {
    const frames = walk(body, layout, sizeOf);
    if (frames !== undefined) return frames;
  }
  throw new TagError("its ID3v2 tag is damaged: the sizes of its frames do not fit");
}

function walk(
  body: Uint8Array,
  { tempo, headerBytes, sizeBytes }: Layout,
  sizeOf: (bytes: Uint8Array) => number,
): Frame[] | undefined {
  const idBytes = tempo.length;
  const frames: Frame[] = [];
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = at + headerBytes + sizeOf(body.subarray(at + idBytes, at + idBytes + sizeBytes));
    const name = asciiOf(body.subarray(at, at + idBytes));
    if (at + headerBytes > body.length || end > body.length || !/^[A-Z0-9 ]+$/.test(name)) {
      return undefined;
    }
    frames.push({ name, bytes: body.subarray(at, end) });
    at = end;
  }
  return body.subarray(at).every((byte) => byte === 0) ? frames : undefined;
}

/** Returns the text of a text frame. */
function textOf(content: Uint8Array): string {
  const labels = ["latin1", "utf-16", "utf-16be", "utf-8"];
  const label = labels[content[0] ?? 0] ?? "latin1";
  return new TextDecoder(label).decode(content.subarray(1)).replace(/\0+$/, "").trim();
}

/** Removes the zero bytes that follow 255. */
function synchronised(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(body.filter((byte, at) => byte !== 0 || at === 0 || body[at - 1] !== 255));
}

function sevenBits(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 128 + (byte & 127), 0);
}
