/**
 * Taking byte arrays apart and putting them together.
 *
 * @module
 */

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Parts, one behind the other. */
export function join(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Puts something else in the place of a part.
 *
 * @param bytes what is changed; it stays as it is
 * @param start first byte of the part
 * @param end first byte after it
 * @param replacement what comes in its place
 */
export function replace(
  bytes: Uint8Array,
  start: number,
  end: number,
  replacement: Uint8Array,
): Bytes {
  return join(bytes.subarray(0, start), replacement, bytes.subarray(end));
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** The UTF-8 bytes of several texts. */
export function allUtf8(...texts: readonly string[]): readonly Bytes[] {
  return texts.map(utf8);
}
