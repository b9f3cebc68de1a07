/**
 * Sources of bytes that are read in parts: files, sections of files, and deflated sections.
 *
 * @module
 */

import type { FileHandle } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { ArrayError } from "./array_error.ts";

/** Bytes that can be read from any position. */
export interface ByteSource {
  /** Number of bytes. */
  readonly size: number;
  /**
   * Fills an array with bytes.
   *
   * @param target the array; all of it is filled
   * @param position position of the first byte
   * @throws {ArrayError} `size` if the source ends before
   */
  read(target: Uint8Array, position: number): Promise<void>;
}

/**
 * Returns the bytes of a section of a file.
 *
 * @param file open file, which the caller closes
 * @param start position of the first byte
 * @param size number of bytes
 */
export function fileSection(file: FileHandle, start: number, size: number): ByteSource {
  return {
    size,
    async read(target, position): Promise<void> {
      for (let done = 0; done < target.length;) {
        const at = start + position + done;
        const { bytesRead } = await file.read(target, done, target.length - done, at);
        if (bytesRead === 0) {
          throw new ArrayError("size", "The file became shorter while it was read");
        }
        done += bytesRead;
      }
    },
  };
}

/** A deflated section. Reading forward inflates every byte once; reading backward starts from the beginning. */
export class InflatedSource implements ByteSource {
  readonly size: number;
  readonly #packed: () => Readable;
  #stream: AsyncIterator<Uint8Array> | undefined;
  /** The part that was inflated last, and the position of its first byte. */
  #part: Uint8Array = new Uint8Array();
  #partStart = 0;

  /**
   * Starts at the first byte.
   *
   * @param packed returns the deflated bytes from the start
   * @param size number of bytes after inflation
   */
  constructor(packed: () => Readable, size: number) {
    this.#packed = packed;
    this.size = size;
  }

  /** Fills an array with bytes. */
  async read(target: Uint8Array, position: number): Promise<void> {
    if (position < this.#partStart) await this.close();
    for (let done = 0; done < target.length;) {
      const from = position + done - this.#partStart;
      if (from < this.#part.length) {
        const bytes = this.#part.subarray(from, from + target.length - done);
        target.set(bytes, done);
        done += bytes.length;
      } else await this.#next();
    }
  }

  async #next(): Promise<void> {
    this.#stream ??= pipeline(this.#packed(), createInflateRaw(), () => {})[Symbol.asyncIterator]();
    const next = await this.#stream!.next().catch((cause) => {
      throw new ArrayError("archive", "Cannot read the archive: an entry does not inflate", {
        cause,
      });
    });
    if (next.done) throw new ArrayError("size", "An entry of the archive ends too early");
    this.#partStart += this.#part.length;
    this.#part = next.value;
  }

  /** Ends the inflation; the next read starts again. */
  async close(): Promise<void> {
    await this.#stream?.return?.();
    this.#stream = undefined;
    [this.#part, this.#partStart] = [new Uint8Array(), 0];
  }
}
