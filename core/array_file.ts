/**
 * Stored arrays that are read in parts, so that large files need little memory.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { decodeElements, ELEMENT_TYPES, type Elements, type ElementType } from "./elements.ts";
import { checkNpySize, NPY_HEAD_BYTES, readNpyHeader } from "./npy.ts";
import { elementCount } from "./tensor.ts";

/** Position and form of a stored array. */
export interface ArrayLayout {
  /** Element type. */
  readonly type: ElementType;
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
  /** Whether the most significant byte of a number comes first. */
  readonly bigEndian: boolean;
  /** Whether the first axis, not the last, is contiguous. */
  readonly fortranOrder: boolean;
  /** Position of the first element, bytes. */
  readonly dataStart: number;
}

/** Elements of an array in Fortran order that are put into C order at a time. */
const WINDOW_ELEMENTS = 1 << 24;

/** Elements of an array in Fortran order that are read at a time. */
const STRIP_ELEMENTS = 1 << 20;

/** A stored array. Parts are in C order whatever the order in the file. */
export class ArrayFile {
  /** Element type. */
  readonly type: ElementType;
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
  readonly #source: ByteSource;
  readonly #layout: ArrayLayout;
  /** Memory of the last part. */
  #buffer = new ArrayBuffer(0);
  /** A range of an array in Fortran order, in C order. */
  #window = { first: 0, bytes: new Uint8Array(0) };

  /**
   * Describes an array.
   *
   * @param source bytes of the file
   * @param layout position and form of the array
   */
  constructor(source: ByteSource, layout: ArrayLayout) {
    this.#source = source;
    this.#layout = layout;
    this.type = layout.type;
    this.shape = layout.shape;
  }

  /**
   * Reads elements into the memory of the previous part, which is overwritten.
   *
   * @param first index of the first element, in C order
   * @param count number of elements; all must exist
   * @returns elements; a complex one has two numbers
   * @throws if the file cannot be read or has become shorter
   */
  async read(first: number, count: number): Promise<Elements> {
    const { type, bigEndian, fortranOrder, dataStart, shape } = this.#layout;
    const { bytes: size } = ELEMENT_TYPES[type];
    if (count * size > this.#buffer.byteLength) this.#buffer = new ArrayBuffer(count * size);
    const bytes = new Uint8Array(this.#buffer, 0, count * size);
    if (fortranOrder && shape.length > 1) await this.#readFortran(bytes, first, count);
    else await this.#source.read(bytes, dataStart + first * size);
    return decodeElements(type, bytes, bigEndian);
  }

  async #readFortran(target: Uint8Array, first: number, count: number): Promise<void> {
    const { bytes: size } = ELEMENT_TYPES[this.type];
    const all = elementCount(this.shape);
    for (let done = 0; done < count;) {
      const from = first + done - this.#window.first;
      const held = this.#window.bytes.length / size;
      if (from < 0 || from >= held) {
        await this.#fillWindow(first + done, Math.min(WINDOW_ELEMENTS, all - first - done));
        continue;
      }
      const part = Math.min(count - done, held - from);
      target.set(this.#window.bytes.subarray(from * size, (from + part) * size), done * size);
      done += part;
    }
  }

  /** Passes over the whole file and keeps the elements of a range of the C order. */
  async #fillWindow(first: number, count: number): Promise<void> {
    const { bytes: size } = ELEMENT_TYPES[this.type];
    const { shape, dataStart } = this.#layout;
    const window = new Uint8Array(count * size);
    const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
    const index = shape.map(() => 0);
    const all = elementCount(shape);
    const strip = new Uint8Array(Math.min(STRIP_ELEMENTS, all) * size);
    let at = 0;
    for (let start = 0; start < all; start += STRIP_ELEMENTS) {
      const held = strip.subarray(0, Math.min(STRIP_ELEMENTS, all - start) * size);
      await this.#source.read(held, dataStart + start * size);
      for (let from = 0; from < held.length; from += size) {
        const to = (at - first) * size;
        if (to >= 0 && to < window.length) {
          for (let byte = 0; byte < size; byte++) window[to + byte] = held[from + byte]!;
        }
        for (let axis = 0; axis < shape.length; axis++) {
          at += strides[axis]!;
          if (++index[axis]! < shape[axis]!) break;
          at -= strides[axis]! * shape[axis]!;
          index[axis] = 0;
        }
      }
    }
    this.#window = { first, bytes: window };
  }
}

/**
 * Reads the header of a `.npy` file.
 *
 * @param source content of the file
 * @returns the array
 * @throws {ArrayError} if it is not a complete array of numbers
 */
export async function npyArray(source: ByteSource): Promise<ArrayFile> {
  const head = new Uint8Array(Math.min(NPY_HEAD_BYTES, source.size));
  await source.read(head, 0);
  const { header, dataStart } = readNpyHeader(head);
  checkNpySize(header, source.size - dataStart);
  return new ArrayFile(source, { ...header, dataStart });
}
