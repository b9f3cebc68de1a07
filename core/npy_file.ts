/**
 * `.npy` files that are read in parts, so that large files need little memory.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { arrayConstructor, type DType, elementCount, type TypedArray } from "./tensor.ts";
import { NPY_HEAD_BYTES, readNpyHeader } from "./npy.ts";
import { NpyError } from "./npy_error.ts";

/** An open `.npy` file. */
export class NpyFile {
  /** Element type. */
  readonly dtype: DType;
  /** Length of each axis. */
  readonly shape: readonly number[];
  readonly #file: FileHandle;
  readonly #dataStart: number;
  /** Memory of the last part. */
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
   * @param path path of the file
   * @returns open file, which the caller closes
   * @throws {NpyError} if it is not an array of a known type in C order, or its size differs from the header
   * @throws if the file cannot be read
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
   * Reads elements into the memory of the previous part, which is overwritten.
   *
   * @param first index of the first element, in C order
   * @param count number of elements; all must exist
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
