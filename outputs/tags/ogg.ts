/**
 * The tempo in an Ogg file: Vorbis, Opus or FLAC.
 *
 * @module
 */

import { asciiOf, joined, type Part, type Source, TagError, uint32, viewOf } from "./source.ts";
import { withTempoField } from "./vorbis_comment.ts";

const HEADER_BYTES = 27;
const CONTINUED = 1;
const FIRST = 2;

/** Most segments of a page. */
const SEGMENTS = 255;

/** A packet with a comment: the bytes in front of it. */
interface Codec {
  /** Start of the first packet of the stream. */
  readonly mark: string;
  /** Start of the packet with the comment, and its length. */
  readonly comment: string;
  readonly prefixBytes: number;
  /** Returns whether a header packet is the last. */
  readonly isLast: (packet: Uint8Array, index: number) => boolean;
}

const CODECS: readonly Codec[] = [
  {
    ...{ mark: "\x01vorbis", comment: "\x03vorbis", prefixBytes: 7 },
    isLast: (_, index) => index === 1,
  },
  { ...{ mark: "OpusHead", comment: "OpusTags", prefixBytes: 8 }, isLast: () => true },
  {
    // The comment block of FLAC is the first after the one of the first packet.
    ...{ mark: "\x7fFLAC", comment: "", prefixBytes: 4 },
    isLast: (packet) => packet[0]! >= 128,
  },
];

/** A page of the file. */
interface Page {
  readonly flags: number;
  readonly serial: number;
  readonly sequence: number;
  readonly lacing: Uint8Array;
  readonly start: number;
  /** Start of the content. */
  readonly content: number;
  readonly end: number;
}

/**
 * Returns the parts of an Ogg file with the field `BPM` in its comment. The pages of the headers are made anew; those of the audio
 * keep their content, and get other numbers where there are more pages of headers.
 *
 * @param source the file
 * @param bpm beats a minute, as a text
 * @returns the parts, or undefined where the file holds this tempo already
 * @throws {TagError} if the file is damaged, holds several streams, or one of another codec
 *
 * Source: RFC 3533; RFC 7845; the Vorbis I specification; RFC 9639, section 10.1.
 */
export function oggWithTempo(source: Source, bpm: string): Part[] | undefined {
  const first = pageAt(source, 0);
  const head = asciiOf(source.read(first.content, Math.min(8, first.end - first.content)));
  const codec = CODECS.find(({ mark }) => head.startsWith(mark));
  if (codec === undefined) throw new TagError("its Ogg stream is not Vorbis, Opus or FLAC");
  const { packets, pages, end } = headersOf(source, first, codec);
  const comment = packets[0]!;
  const isComment = codec.comment === ""
    ? (comment[0]! & 127) === 4
    : asciiOf(comment.subarray(0, codec.prefixBytes)) === codec.comment;
  if (!isComment) throw new TagError("its second packet is not a comment");
  const changed = withTempoField(comment.subarray(codec.prefixBytes), bpm);
  if (changed === undefined) return undefined;
  const prefix = comment.slice(0, codec.prefixBytes);
  if (codec.comment === "") {
    if (changed.length >= 2 ** 24) throw new TagError("its comment has no room for another field");
    prefix.set(uint32(changed.length).subarray(1), 1);
  }
  const written = pagesOf([joined(prefix, changed), ...packets.slice(1)], first);
  const shift = written.length - pages;
  const rest = { start: end, end: source.size };
  return [
    { start: 0, end: first.end },
    ...written,
    shift === 0 ? rest : () => renumbered(source, rest, first.serial, shift),
  ];
}

/** Reads the header packets behind the first. */
function headersOf(
  source: Source,
  first: Page,
  codec: Codec,
): { packets: Uint8Array<ArrayBuffer>[]; pages: number; end: number } {
  const packets: Uint8Array<ArrayBuffer>[] = [];
  let unfinished: Uint8Array[] = [];
  let at = first.end;
  for (let pages = 1;; pages++) {
    const page = pageAt(source, at);
    if (page.serial !== first.serial || (page.flags & FIRST) !== 0) {
      throw new TagError("it holds several Ogg streams");
    }
    // A wrong checksum would become a right one.
    if (!isIntact(source.read(page.start, page.end - page.start))) {
      throw new TagError("the checksum of an Ogg page is wrong");
    }
    let position = page.content;
    let isDone = false;
    let length = 0;
    for (const lace of page.lacing) {
      if (isDone) throw new TagError("its audio shares a page with the headers");
      length += lace;
      if (lace === 255) continue;
      const packet = joined(...unfinished, source.read(position, length));
      packets.push(packet);
      isDone = codec.isLast(packet, packets.length - 1);
      unfinished = [];
      position += length;
      length = 0;
    }
    if (length > 0) unfinished.push(source.read(position, length));
    at = page.end;
    if (isDone) return { packets, pages, end: at };
  }
}

function pageAt(source: Source, start: number): Page {
  if (start + HEADER_BYTES > source.size || source.text(start, 4) !== "OggS") {
    throw new TagError(`it is damaged: there is no Ogg page at byte ${start}`);
  }
  const header = viewOf(source.read(start, HEADER_BYTES));
  const lacing = source.read(start + HEADER_BYTES, header.getUint8(26));
  const content = start + HEADER_BYTES + lacing.length;
  const end = content + lacing.reduce((sum, lace) => sum + lace, 0);
  if (end > source.size) throw new TagError("its last Ogg page is cut");
  return {
    flags: header.getUint8(5),
    serial: header.getUint32(14, true),
    sequence: header.getUint32(18, true),
    ...{ lacing, start, content, end },
  };
}

/** Divides packets into pages that follow the first page of a stream. */
function pagesOf(packets: readonly Uint8Array[], first: Page): Uint8Array<ArrayBuffer>[] {
  const content = joined(...packets);
  const lacing = packets.flatMap(({ length }) => [
    ...new Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const pages: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (let segment = 0; segment < lacing.length; segment += SEGMENTS) {
    const laces = lacing.slice(segment, segment + SEGMENTS);
    const length = laces.reduce((sum, lace) => sum + lace, 0);
    const header = new Uint8Array(HEADER_BYTES);
    const view = viewOf(header);
    header.set(new TextEncoder().encode("OggS"));
    header[5] = segment > 0 && lacing[segment - 1] === 255 ? CONTINUED : 0;
    // A page on which no packet ends has the position -1.
    if (laces.every((lace) => lace === 255)) view.setBigInt64(6, -1n, true);
    view.setUint32(14, first.serial, true);
    view.setUint32(18, first.sequence + 1 + pages.length, true);
    header[26] = laces.length;
    pages.push(checked(joined(header, laces, content.subarray(at, at + length))));
    at += length;
  }
  return pages;
}

/** Adds to the numbers of the pages of a stream. */
function* renumbered(
  source: Source,
  { start, end }: { start: number; end: number },
  serial: number,
  shift: number,
): Iterable<Uint8Array> {
  for (let at = start; at < end;) {
    const page = pageAt(source, at);
    const bytes = source.read(page.start, page.end - page.start);
    if (page.serial === serial) {
      if (!isIntact(bytes)) throw new TagError("the checksum of an Ogg page is wrong");
      viewOf(bytes).setUint32(18, page.sequence + shift, true);
      checked(bytes);
    }
    yield bytes;
    at = page.end;
  }
}

/** Returns whether a page has its checksum. */
function isIntact(page: Uint8Array<ArrayBuffer>): boolean {
  const sum = (bytes: Uint8Array): number => viewOf(bytes).getUint32(22, true);
  return sum(page) === sum(checked(page.slice()));
}

/** Sets the checksum of a page. */
function checked(page: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = viewOf(page);
  view.setUint32(22, 0, true);
  let sum = 0;
  for (const byte of page) sum = (sum << 8) ^ CHECKSUMS[(sum >>> 24) ^ byte]!;
  view.setUint32(22, sum >>> 0, true);
  return page;
}

/** Checksum of each byte: the polynomial 04c11db7. */
const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});
