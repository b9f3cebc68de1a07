/**
 * The tempo in a FLAC file.
 *
 * @module
 */

import { joined, type Part, type Range, type Source, TagError, uint32, viewOf } from "./source.ts";
import { newComment, withTempoField } from "./vorbis_comment.ts";

const COMMENT_BLOCK = 4;
const LAST = 0x80;

/** A metadata block of the file. */
interface Block {
  readonly type: number;
  readonly length: number;
  readonly content: Range;
}

/**
 * Returns the parts of a FLAC file with the field `BPM` in its comment. The other blocks and the audio keep their bytes.
 *
 * @param source the file
 * @param start position of `fLaC`, behind an ID3v2 tag
 * @param bpm beats a minute, as a text
 * @returns the parts, or undefined where the file holds this tempo already
 * @throws {TagError} if the file is damaged
 *
 * Source: RFC 9639, section 8.
 */
export function flacWithTempo(source: Source, start: number, bpm: string): Part[] | undefined {
  const blocks: Block[] = [];
  let at = start + 4;
  for (let isLast = false; !isLast;) {
    const header = viewOf(source.read(at, 4)).getUint32(0);
    const length = header % 2 ** 24;
    isLast = header >= 2 ** 31;
    const [first, end] = [at + 4, at + 4 + length];
    if (end > source.size) throw new TagError("its metadata blocks are damaged");
    blocks.push({ type: (header >>> 24) & 127, length, content: { start: first, end } });
    at = end;
  }
  const found = blocks.findIndex(({ type }) => type === COMMENT_BLOCK);
  const old = blocks[found];
  const comment = old === undefined
    ? newComment(bpm)
    : withTempoField(source.read(old.content.start, old.length), bpm);
  if (comment === undefined) return undefined;
  if (comment.length >= 2 ** 24) throw new TagError("its comment has no room for another field");
  const block = { type: COMMENT_BLOCK, length: comment.length, content: comment };
  const changed: { type: number; length: number; content: Part }[] = [...blocks];
  // The first block describes the stream.
  if (old === undefined) changed.splice(1, 0, block);
  else changed[found] = block;
  return [
    { start: 0, end: start + 4 },
    ...changed.flatMap(({ type, content, length }, index): Part[] => {
      const first = type | (index === changed.length - 1 ? LAST : 0);
      return [joined([first], uint32(length).subarray(1)), content];
    }),
    { start: at, end: source.size },
  ];
}
