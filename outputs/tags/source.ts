/**
 * Parts of an audio file whose tags are edited.
 *
 * @module
 */

import { readSync } from "node:fs";

/** The tags of a file cannot be written; the message says why, without the name of the file. */
export class TagError extends Error {
  /** Name of the class in printed errors. */
  override name = "TagError";
}

/** Bytes of the file that stay as they are, from `start` up to `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A part of the new file: new bytes, bytes of the old file, or bytes that are made while they are written. */
export type Part = Uint8Array | Range | (() => Iterable<Uint8Array>);

/** Bytes that are read at a time. */
const PIECE_BYTES = 2 ** 20;

/** An open audio file. */
export class Source {
  readonly #file: number;

  /** Wraps a file descriptor, which the caller closes. */
  constructor(file: number, readonly size: number) {
    this.#file = file;
  }

  /**
   * Reads bytes.
   *
   * @throws {TagError} if the file ends before
   */
  read(start: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#file, bytes, done, length - done, start + done);
      if (count === 0) throw new TagError(`it ends ${length - done} bytes too early`);
      done += count;
    }
    return bytes;
  }

  /** Returns the text of bytes below 128; shorter at the end of the file. */
  text(start: number, length: number): string {
    return asciiOf(this.read(start, Math.max(0, Math.min(length, this.size - start))));
  }

  /** Returns the bytes of parts in order. */
  *bytesOf(parts: readonly Part[]): Iterable<Uint8Array> {
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part;
      else if (typeof part === "function") yield* part();
      else {
        for (let at = part.start; at < part.end; at += PIECE_BYTES) {
          yield this.read(at, Math.min(PIECE_BYTES, part.end - at));
        }
      }
    }
  }
}

/** Returns the characters of bytes. */
export function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Returns the bytes of characters below 256. */
export function bytesOfAscii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** Joins byte arrays. */
export function joined(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Returns a view of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Returns the four bytes of a number, the highest first. */
export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

/** Returns the four bytes of a number, the lowest first. */
export function uint32Little(value: number): Uint8Array<ArrayBuffer> {
  return uint32(value).reverse();
}
