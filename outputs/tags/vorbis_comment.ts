/**
 * The tempo in a Vorbis comment.
 *
 * @module
 */

import { joined, TagError, uint32Little, viewOf } from "./source.ts";

/**
 * Returns a comment header with the field `BPM`. The other fields keep their bytes and their order.
 *
 * @param bytes vendor, fields, and what follows them
 * @param bpm beats a minute, as a text
 * @returns the bytes, or undefined where they hold this tempo already
 * @throws {TagError} if the header is damaged
 *
 * Source: Xiph.Org, "Ogg Vorbis I format specification: comment field and header specification".
 */
export function withTempoField(
  bytes: Uint8Array,
  bpm: string,
): Uint8Array<ArrayBuffer> | undefined {
  const view = viewOf(bytes);
  const next = (at: number): number => {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Infinity;
    if (end > bytes.length) throw new TagError("its Vorbis comment is damaged");
    return end;
  };
  const vendorEnd = next(0);
  if (vendorEnd + 4 > bytes.length) throw new TagError("its Vorbis comment is damaged");
  const count = view.getUint32(vendorEnd, true);
  const fields: Uint8Array[] = [];
  let at = vendorEnd + 4;
  for (let field = 0; field < count; field++) {
    const end = next(at);
    fields.push(bytes.subarray(at, end));
    at = end;
  }
  const textOf = (field: Uint8Array): string => new TextDecoder().decode(field.subarray(4));
  const isTempo = (field: Uint8Array): boolean => /^bpm=/i.test(textOf(field));
  const tempi = fields.filter(isTempo);
  if (tempi.length === 1 && textOf(tempi[0]!).slice(4) === bpm) return undefined;
  const kept = fields.filter((field) => !isTempo(field));
  const added = new TextEncoder().encode(`BPM=${bpm}`);
  return joined(
    bytes.subarray(0, vendorEnd),
    uint32Little(kept.length + 1),
    ...kept,
    uint32Little(added.length),
    added,
    bytes.subarray(at),
  );
}

/** Returns a comment header without other fields. */
export function newComment(bpm: string): Uint8Array<ArrayBuffer> {
  const vendor = new TextEncoder().encode("tactus");
  return withTempoField(joined(uint32Little(vendor.length), vendor, uint32Little(0)), bpm)!;
}
