/**
 * The tempo in files of chunks: WAV and AIFF with an ID3v2 tag.
 *
 * @module
 */

import { withTempo } from "./id3v2.ts";
import {
  asciiOf,
  bytesOfAscii,
  joined,
  type Part,
  type Source,
  TagError,
  viewOf,
} from "./source.ts";

/** A kind of such files. */
interface Kind {
  readonly name: string;
  readonly isLittleEndian: boolean;
  /** Name of the chunk with the samples. */
  readonly audio: string;
  /** Name of the chunk with the tag. */
  readonly tag: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  RIFF: { name: "WAV", isLittleEndian: true, audio: "data", tag: "id3 " },
  FORM: { name: "AIFF", isLittleEndian: false, audio: "SSND", tag: "ID3 " },
};

/**
 * Returns the parts of a WAV or AIFF file with the tempo in its ID3v2 chunk. All other chunks keep their bytes.
 *
 * @param source the file
 * @param bpm beats a minute, a whole number
 * @returns the parts, or undefined where the file holds this tempo already
 * @throws {TagError} if the sizes of the chunks do not fit the file, or the tag is damaged
 */
export function chunksWithTempo(source: Source, bpm: number): Part[] | undefined {
  const kind = KINDS[source.text(0, 4)]!;
  const sizeOf = (at: number): number =>
    viewOf(source.read(at, 4)).getUint32(0, kind.isLittleEndian);
  const end = 8 + sizeOf(4);
  const damaged = (): TagError =>
    new TagError(`the sizes of its chunks do not fit the ${kind.name} file`);
  if (end > source.size) throw damaged();
  let at = 12;
  let hasAudio = false;
  let found: { name: string; start: number; size: number; end: number } | undefined;
  while (at < end) {
    if (at + 8 > end) throw damaged();
    const name = source.text(at, 4);
    const size = sizeOf(at + 4);
    // The padding of a last chunk may be missing.
    const next = Math.min(at + 8 + size + size % 2, end);
    if (at + 8 + size > end) throw damaged();
    hasAudio ||= name === kind.audio;
    if (name.toLowerCase() === "id3 ") found ??= { name, start: at, size, end: next };
    at = next;
  }
  if (!hasAudio) throw damaged();
  const old = found === undefined ? undefined : source.read(found.start + 8, found.size);
  if (old !== undefined && asciiOf(old.subarray(0, 3)) !== "ID3") {
    throw new TagError("its ID3v2 chunk is damaged");
  }
  const tag = withTempo(old, bpm);
  if (tag === undefined) return undefined;
  const number = (value: number): Uint8Array => {
    const bytes = new Uint8Array(4);
    viewOf(bytes).setUint32(0, value, kind.isLittleEndian);
    return bytes;
  };
  const chunk = joined(
    bytesOfAscii(found?.name ?? kind.tag),
    number(tag.length),
    tag,
    new Uint8Array(tag.length % 2),
  );
  // A chunk begins at an even position.
  const padding = found === undefined && end % 2 === 1 ? new Uint8Array(1) : new Uint8Array();
  const [before, after] = found === undefined ? [end, end] : [found.start, found.end];
  const size = before - 8 + padding.length + chunk.length + (end - after);
  if (size >= 2 ** 32) {
    throw new TagError("it has no room for a tag: the format is limited to 4 GiB");
  }
  return [
    { start: 0, end: 4 },
    number(size),
    { start: 8, end: before },
    padding,
    chunk,
    { start: after, end },
    { start: end, end: source.size },
  ];
}
