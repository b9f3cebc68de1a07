/**
 * The tempo in the tags of audio files.
 *
 * A file is edited by a copy that replaces it when it is complete. Audio, other tags and other metadata keep their bytes. That is why
 * no library is used: the one that knows all these formats, TagLib (taglib-wasm 1.5.1), writes ID3v2.3 anew as 2.4, and adds an ID3v1
 * tag and a comment.
 *
 * @example
 * ```ts
 * import { rejects } from "node:assert/strict";
 * import { writeTempoTag } from "./mod.ts";
 * await rejects(writeTempoTag("deno.json", 120), /its format has no tag for the tempo/);
 * ```
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { reasonOf } from "../../core/reason.ts";
import { replaceWhole } from "../../core/files.ts";
import { printable } from "../../core/printable.ts";
import { chunksWithTempo } from "./chunks.ts";
import { flacWithTempo } from "./flac.ts";
import { id3v2Length, withTempo } from "./id3v2.ts";
import { mp4WithTempo } from "./mp4.ts";
import { oggWithTempo } from "./ogg.ts";
import { type Part, Source, TagError } from "./source.ts";

export { TagError } from "./source.ts";

/** Formats that {@linkcode writeTempoTag} writes, and the tag of each. */
export const TAGGED_FORMATS: Readonly<Record<string, string>> = {
  "MP3": "ID3v2 `TBPM`",
  "AIFF, WAV": "ID3v2 `TBPM`, in a chunk",
  "FLAC": "Vorbis comment `BPM`",
  "Ogg (Vorbis, Opus, FLAC)": "Vorbis comment `BPM`",
  "MP4": "iTunes item `tmpo`",
};

/** The last change of each file that is being changed: a link leads to the same file as its own path. */
const changes = new Map<string, Promise<unknown>>();

const FORMAT_NAMES = Object.keys(TAGGED_FORMATS).join(", ");

/**
 * Writes the tempo into the tags of an audio file.
 *
 * ID3v2 and MP4 hold a whole number, to which the tempo is rounded; a Vorbis comment gets two decimals. Calls for one file, also
 * through links, run one after the other.
 *
 * @param path path of the file
 * @param bpm beats a minute
 * @returns whether the file was changed; false where it holds this tempo already
 * @throws {TagError} if the format has no such tag, the file is read-only or damaged, or the copy cannot be written; the file is
 *   as before then
 */
export async function writeTempoTag(path: string, bpm: number): Promise<boolean> {
  const file = realFile(path);
  const change = (changes.get(file) ?? Promise.resolve()).then(() => changeTempoTag(path, bpm));
  const settled = change.catch(() => {});
  changes.set(file, settled);
  try {
    return await change;
  } finally {
    if (changes.get(file) === settled) changes.delete(file);
  }
}

/** Returns the file that a path leads to, at once, so that calls keep their order; a path that leads nowhere stays as it is. */
function realFile(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

async function changeTempoTag(path: string, bpm: number): Promise<boolean> {
  const named = (reason: string, cause: unknown): TagError =>
    new TagError(`Could not write the tempo into the tags of ${printable(path)}: ${reason}`, {
      cause,
    });
  try {
    const { mode, size } = await stat(path);
    const file = await open(path, "r");
    try {
      const source = new Source(file.fd, size);
      const parts = edited(source, bpm);
      if (parts === undefined) return false;
      if ((mode & 0o222) === 0 || !await isWritable(path)) throw new TagError("it is read-only");
      await replaceWhole(path, source.bytesOf(parts));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    throw named(reasonOf(error), error);
  }
}

/** Returns whether the user may write to a file, which the copy would replace even if not. */
async function isWritable(path: string): Promise<boolean> {
  try {
    await (await open(path, "r+")).close();
    return true;
  } catch {
    return false;
  }
}

/** Returns the parts of the file with the tempo; undefined where it holds it already. */
function edited(source: Source, bpm: number): Part[] | undefined {
  const whole = Math.round(bpm);
  if (!(whole >= 1 && whole <= 65_535)) {
    throw new TagError(`expected a tempo of 1 to 65535 beats a minute, but got ${bpm}`);
  }
  const decimals = `${Math.round(100 * bpm) / 100}`;
  const header = source.read(0, Math.min(16, source.size));
  const tagLength = id3v2Length(header);
  if (tagLength > source.size) throw new TagError("its ID3v2 tag is longer than the file");
  const mark = source.text(tagLength, 4);
  if (mark === "fLaC") return flacWithTempo(source, tagLength, decimals);
  if (tagLength > 0 || isMpeg(source, 0)) {
    if (!isMpeg(source, skipZeros(source, tagLength))) {
      throw new TagError(`behind its ID3v2 tag is no MP3; expected one of ${FORMAT_NAMES}`);
    }
    const tag = withTempo(tagLength > 0 ? source.read(0, tagLength) : undefined, whole);
    return tag && [tag, { start: tagLength, end: source.size }];
  }
  if (mark === "OggS") return oggWithTempo(source, decimals);
  const kind = `${mark} ${source.text(8, 4)}`;
  if (["RIFF WAVE", "FORM AIFF", "FORM AIFC"].includes(kind)) {
    return chunksWithTempo(source, whole);
  }
  if (source.text(4, 4) === "ftyp") return mp4WithTempo(source, whole);
  throw new TagError(
    `its format has no tag for the tempo that is written here; expected one of ${FORMAT_NAMES}`,
  );
}

/** Returns the first byte that is not 0: some programs write more padding than the tag's length says. */
function skipZeros(source: Source, start: number): number {
  const bytes = source.read(start, Math.min(2 ** 16, source.size - start));
  const offset = bytes.findIndex((byte) => byte !== 0);
  return start + Math.max(0, offset);
}

/** Returns whether an MPEG frame of layer I, II or III begins at a position; AAC has layer 0. */
function isMpeg(source: Source, at: number): boolean {
  if (at + 4 > source.size) return false;
  const [first = 0, second = 0, third = 0] = source.read(at, 4);
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  const isSync = first === 0xff && second >= 0xe0;
  return isSync && version !== 1 && layer !== 0 && third >> 4 !== 15 && ((third >> 2) & 3) !== 3;
}
