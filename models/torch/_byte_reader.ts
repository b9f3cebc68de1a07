/**
 * Reads numbers and texts from bytes with bounds checks.
 *
 * @module
 */

import { ModelError } from "../model_error.ts";

const MAX_LONG_BYTES = 64;

/** A position in a pickle's bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  /** @param bytes content to read */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Number of bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** Reads an unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Reads a little-endian unsigned 16-bit integer. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** Reads a little-endian unsigned 32-bit integer. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Reads a little-endian signed 32-bit integer. */
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Reads a little-endian unsigned 64-bit length; beyond 2^53 it is inexact, but longer than any content. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Reads a big-endian float64. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** Returns the next bytes without a copy. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Reads UTF-8 text of a number of bytes. */
  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** Reads text up to a line feed, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw new ModelError("format", "The pickle ends inside a line of text");
    const text = this.text(end - this.#position);
    this.#position = end + 1;
    return text;
  }

  /** Reads a little-endian two's complement integer of a number of bytes; a `bigint` if a number would be inexact. */
  long(length: number): number | bigint {
    if (length > MAX_LONG_BYTES) {
      throw new ModelError("too-large", `The pickle has an integer of ${length} bytes`);
    }
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]!);
    const signed = BigInt.asIntN(Math.max(1, 8 * length), value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  #advance(length: number): number {
    const start = this.#position;
    if (!(length <= this.#bytes.length - start)) {
      throw new ModelError(
        "format",
        `The pickle ends early: ${length} bytes expected at byte ${start} of ${this.#bytes.length}`,
      );
    }
    this.#position = start + length;
    return start;
  }
}
