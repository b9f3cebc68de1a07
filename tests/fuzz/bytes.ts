/**
 * Parts of byte arrays.
 *
 * @module
 */

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Concatenates parts. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Replaces a part.
 *
 * @param bytes the whole; it is not changed
 * @param start first byte of the part
 * @param end first byte after it
 * @param replacement bytes in its place
 */
export function replace(
  bytes: Uint8Array,
  start: number,
  end: number,
  replacement: Uint8Array,
): Bytes {
  return concat(bytes.subarray(0, start), replacement, bytes.subarray(end));
}

/** Encodes a text as UTF-8. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Encodes several texts as UTF-8. */
export function allUtf8(...texts: readonly string[]): readonly Bytes[] {
  return texts.map(utf8);
}
