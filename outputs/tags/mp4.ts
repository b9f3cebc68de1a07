/**
 * The tempo in an MP4 file.
 *
 * @module
 */

import {
  asciiOf,
  bytesOfAscii,
  joined,
  type Part,
  type Source,
  TagError,
  uint32,
  viewOf,
} from "./source.ts";

/** Largest `moov` box that is read. */
const MOST_BYTES = 2 ** 28;

/** Boxes between `moov` and the tables of chunk offsets. */
const PARENTS = ["trak", "mdia", "minf", "stbl"];

/** Boxes with positions in the file that are not read here. */
const REFUSED: Readonly<Record<string, string>> = {
  mvex: "it is fragmented",
  saio: "it is encrypted",
  iloc: "it holds items with positions of their own",
};

/** A box. */
interface Box {
  readonly type: string;
  /** Start in the bytes around it. */
  readonly start: number;
  /** Start of the content. */
  readonly content: number;
  readonly end: number;
}

/**
 * Returns the parts of an MP4 file with the tempo in the item `tmpo` of its metadata. Only the box `moov` changes; where the audio
 * lies behind it, the offsets of its chunks move.
 *
 * @param source the file
 * @param bpm beats a minute, a whole number
 * @returns the parts, or undefined where the file holds this tempo already
 * @throws {TagError} if the file is damaged, fragmented or encrypted, or its metadata are of another kind
 *
 * Source: ISO/IEC 14496-12 for the boxes; Apple, "QuickTime File Format", chapter "Metadata".
 */
export function mp4WithTempo(source: Source, bpm: number): Part[] | undefined {
  const boxes = fileBoxes(source);
  if (boxes.some(({ type }) => type === "moof")) throw new TagError("it is fragmented");
  const [moov, another] = boxes.filter(({ type }) => type === "moov");
  if (moov === undefined || another !== undefined) {
    throw new TagError("it has no box moov, or several");
  }
  if (moov.end - moov.start > MOST_BYTES) throw new TagError("its box moov is too large");
  const content = source.read(moov.content, moov.end - moov.content);
  const changed = withTempoItem(content, bpm);
  if (changed === undefined) return undefined;
  const shift = 8 + changed.length - (moov.end - moov.start);
  moveChunks(changed, moov.end, shift);
  return [
    { start: 0, end: moov.start },
    uint32(8 + changed.length),
    Uint8Array.from(bytesOfAscii("moov")),
    changed,
    { start: moov.end, end: source.size },
  ];
}

function fileBoxes(source: Source): Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start < source.size;) {
    const header = source.read(start, Math.min(16, source.size - start));
    const box = boxAt(header, 0, source.size - start);
    boxes.push({
      type: box.type,
      start,
      content: start + box.content,
      end: start + box.end,
    });
    start += box.end;
  }
  return boxes;
}

/** Returns the box at a position of bytes. */
function boxAt(bytes: Uint8Array, start: number, room: number): Box {
  const damaged = (): TagError => new TagError("its boxes are damaged");
  if (start + 8 > bytes.length) throw damaged();
  const view = viewOf(bytes);
  const type = asciiOf(bytes.subarray(start + 4, start + 8));
  let size = view.getUint32(start);
  let header = 8;
  if (size === 1) {
    if (start + 16 > bytes.length) throw damaged();
    size = Number(view.getBigUint64(start + 8));
    header = 16;
  } else if (size === 0) size = room;
  if (size < header || size > room) throw damaged();
  return { type, start, content: start + header, end: start + size };
}

/** Returns the boxes in a box; the zero that may end a list of QuickTime is left out. */
function childrenOf(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const isEnd = bytes.length - at === 4 && bytes.subarray(at).every((byte) => byte === 0);
    if (isEnd) break;
    // Only the last box of a file may have no size.
    const box = boxAt(bytes, at, bytes.length - at);
    if (viewOf(bytes).getUint32(at) === 0) throw new TagError("its boxes are damaged");
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

type Edit = (content: Uint8Array | undefined) => Uint8Array | undefined;

/** Replaces or adds the first child of a type; undefined where the edit changes nothing. */
function withChild(
  bytes: Uint8Array,
  type: string,
  edit: Edit,
): Uint8Array<ArrayBuffer> | undefined {
  const children = childrenOf(bytes);
  const old = children.find((child) => child.type === type);
  const content = edit(old && bytes.subarray(old.content, old.end));
  if (content === undefined) return undefined;
  const end = children.at(-1)?.end ?? 0;
  const [start, next] = old === undefined ? [end, end] : [old.start, old.end];
  return joined(bytes.subarray(0, start), box(type, content), bytes.subarray(next));
}

function box(type: string, ...content: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const size = content.reduce((sum, { length }) => sum + length, 8);
  return joined(uint32(size), bytesOfAscii(type), ...content);
}

function withTempoItem(moov: Uint8Array, bpm: number): Uint8Array<ArrayBuffer> | undefined {
  const items: Edit = (content = new Uint8Array()) =>
    withChild(content, "tmpo", (old) => {
      // A whole number (21) of no language; its two bytes are beats a minute.
      const data = box("data", uint32(21), uint32(0), [bpm >> 8, bpm & 255]);
      return old !== undefined && isSame(old, data) ? undefined : data;
    });
  const metadata: Edit = (content) => {
    if (content === undefined) {
      const handler = box(
        "hdlr",
        uint32(0),
        uint32(0),
        bytesOfAscii("mdirappl"),
        new Uint8Array(9),
      );
      return joined(uint32(0), handler, box("ilst", items(undefined)!));
    }
    // In QuickTime the box has no version.
    const isPlain = asciiOf(content.subarray(4, 8)) === "hdlr";
    const [version, boxes] = isPlain
      ? [new Uint8Array(), content]
      : [content.subarray(0, 4), content.subarray(4)];
    const handler = childrenOf(boxes).find(({ type }) => type === "hdlr");
    const kind = handler && asciiOf(boxes.subarray(handler.content + 8, handler.content + 12));
    if (kind !== "mdir") throw new TagError("its metadata are not those of iTunes");
    const changed = withChild(boxes, "ilst", items);
    return changed && joined(version, changed);
  };
  return withChild(
    moov,
    "udta",
    (content = new Uint8Array()) => withChild(content, "meta", metadata),
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Adds to the offsets of the chunks that lie behind a position. */
function moveChunks(bytes: Uint8Array, behind: number, shift: number): void {
  for (const { type, content, end } of childrenOf(bytes)) {
    const refusal = REFUSED[type];
    if (refusal !== undefined) throw new TagError(refusal);
    const inner = bytes.subarray(content, end);
    if (PARENTS.includes(type)) moveChunks(inner, behind, shift);
    if (type !== "stco" && type !== "co64") continue;
    const view = viewOf(inner);
    const isLong = type === "co64";
    const count = inner.length < 8 ? 0 : view.getUint32(4);
    if (8 + count * (isLong ? 8 : 4) > inner.length) throw new TagError("its boxes are damaged");
    for (let at = 8, chunk = 0; chunk < count; chunk++, at += isLong ? 8 : 4) {
      const offset = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at);
      if (offset < behind) continue;
      if (isLong) view.setBigUint64(at, BigInt(offset + shift));
      else if (offset + shift < 2 ** 32) view.setUint32(at, offset + shift);
      else throw new TagError("it has no room for a tag: its offsets are limited to 4 GiB");
    }
  }
}
