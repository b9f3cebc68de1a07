/**
 * `.npy` files that are read in parts, so that large ones take no memory.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { arrayConstructor, type DType, elementCount, type TypedArray } from "./tensor.ts";
import { NPY_HEAD_BYTES, readNpyHeader } from "./npy.ts";
import { NpyError } from "./npy_error.ts";

/** A `.npy` file that is open. */
export class NpyFile {
  /** Element type. */
  readonly dtype: DType;
  /** Length of each axis. */
  readonly shape: readonly number[];
  readonly #file: FileHandle;
  readonly #dataStart: number;
  /** What the last part was read into. */
  #buffer = new ArrayBuffer(0);

  private constructor(file: FileHandle, dtype: DType, shape: readonly number[], start: number) {
    this.#file = file;
    this.dtype = dtype;
    this.shape = shape;
    this.#dataStart = start;
  }

  /**
   * Opens a file and reads its header.
   *
   * @param path the file
   * @returns the file, to be closed by the caller
   * @throws {NpyError} if it is no array of a known type in C order, or its size is not what the header says
   * @throws if it cannot be read
   */
  static async open(path: string): Promise<NpyFile> {
    const file = await open(path);
    try {
      const head = new Uint8Array(NPY_HEAD_BYTES);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const { header, dataStart } = readNpyHeader(head.subarray(0, bytesRead));
      const { dtype, shape, fortranOrder } = header;
      if (fortranOrder && shape.length > 1) {
        throw new NpyError(
          "header",
          "The array is in Fortran order; store it in C order (numpy.ascontiguousarray)",
        );
      }
      const needed = elementCount(shape) * arrayConstructor(dtype).BYTES_PER_ELEMENT;
      const available = (await file.stat()).size - dataStart;
      if (needed !== available) {
        throw new NpyError(
          "size",
          `An array of shape [${shape.join(", ")}] and type ${dtype} takes ${needed} bytes, ` +
            `but the file has ${available} after its header; it may have been cut short`,
        );
      }
      return new NpyFile(file, dtype, shape, dataStart);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads elements; those that were read before are overwritten.
   *
   * @param first index of the first, in C order
   * @param count how many; they must be there
   * @throws if the file cannot be read or has become shorter
   */
  async read(first: number, count: number): Promise<TypedArray> {
    const constructor = arrayConstructor(this.dtype);
    const size = count * constructor.BYTES_PER_ELEMENT;
    if (size > this.#buffer.byteLength) this.#buffer = new ArrayBuffer(size);
    const elements = new constructor(this.#buffer, 0, count);
    const bytes = new Uint8Array(this.#buffer, 0, size);
    const start = this.#dataStart + first * elements.BYTES_PER_ELEMENT;
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) throw new NpyError("size", "The file became shorter while it was read");
      done += bytesRead;
    }
    return elements;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}
