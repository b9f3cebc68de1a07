/**
 * Strict `.npy` reading and writing.
 *
 * @module
 */

import {
  arrayConstructor,
  type DType,
  elementCount,
  type Tensor,
  type TypedArray,
} from "./tensor.ts";
import { NpyError } from "./npy_error.ts";
import { formatNpyHeader, type NpyHeader, parseNpyHeader } from "./npy_header.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const MAX_HEADER_BYTES = 65_536;

/** A header ends within so many bytes. */
export const NPY_HEAD_BYTES: number = MAX_HEADER_BYTES + 12;

/**
 * Reads an array from the bytes of a `.npy` file.
 *
 * Versions 1, 2 and 3 are read; Fortran order is turned into C order. Every size that the file claims is compared with
 * the bytes that are there before anything is allocated.
 *
 * @param bytes the whole file
 * @returns the array in C order, in memory of its own
 * @throws {NpyError} if the bytes are anything but one complete array of a known element type
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { readNpy, writeNpy } from "./npy.ts";
 * import { tensor } from "./tensor.ts";
 * const file = writeNpy(tensor("f32", [2], new Float32Array([1, 2])));
 * ok(readNpy(file).data[1] === 2);
 * ```
 */
export function readNpy(bytes: Uint8Array): Tensor {
  const { header, dataStart } = readNpyHeader(bytes);
  const constructor = arrayConstructor(header.dtype);
  const count = elementCount(header.shape);
  const needed = count * constructor.BYTES_PER_ELEMENT;
  const available = bytes.length - dataStart;
  if (!Number.isSafeInteger(needed) || needed !== available) {
    throw new NpyError(
      "size",
      `An array of shape [${
        header.shape.join(", ")
      }] and type ${header.dtype} takes ${needed} bytes, ` +
        `but the file has ${available} after its header; it may have been cut short`,
    );
  }
  // A copy that starts at 0 is aligned; Buffer's own slice() would not copy.
  const copy = new Uint8Array(bytes.subarray(dataStart));
  const data = new constructor(copy.buffer);
  const ordered = header.fortranOrder ? toCOrder(data, header.shape) : data;
  return { dtype: header.dtype, shape: header.shape, data: ordered };
}

/**
 * Writes an array as a version 1.0 `.npy` file, byte for byte what `numpy.save` writes.
 *
 * @param array the array, C order
 * @returns the whole file
 * @throws {NpyError} `shape` if the shape and the number of elements disagree
 */
export function writeNpy(array: Tensor): Uint8Array {
  const [header, elements] = npyParts(array);
  const file = new Uint8Array(header.length + elements.length);
  file.set(header);
  file.set(elements, header.length);
  return file;
}

/**
 * The parts of a `.npy` file, without a copy of the elements.
 *
 * @param array the array, C order
 * @returns what {@linkcode writeNpy} joins: the header, and the bytes of the elements
 * @throws {NpyError} `shape` if the shape and the number of elements disagree
 */
export function npyParts(array: Tensor): [header: Uint8Array, elements: Uint8Array] {
  const count = elementCount(array.shape);
  if (count !== array.data.length) {
    throw new NpyError(
      "shape",
      `Shape [${array.shape.join(", ")}] has ${count} elements, but ${array.data.length} came`,
    );
  }
  const { buffer, byteOffset, byteLength } = array.data;
  return [
    formatNpyHeader(array.dtype, array.shape),
    new Uint8Array(buffer, byteOffset, byteLength),
  ];
}

/**
 * Reads an array and insists on its element type.
 *
 * @param bytes the whole `.npy` file
 * @param dtype the element type that must be there
 * @returns the array in C order
 * @throws {NpyError} as {@linkcode readNpy}, and `dtype` if the element type is another
 */
export function readNpyAs<D extends DType>(bytes: Uint8Array, dtype: D): Tensor<D> {
  const array = readNpy(bytes);
  if (array.dtype !== dtype) {
    throw new NpyError("dtype", `Expected an array of ${dtype}, but the file has ${array.dtype}`);
  }
  return array as Tensor<D>;
}

/**
 * Reads the start of a `.npy` file.
 *
 * @param bytes the file, or its first {@linkcode NPY_HEAD_BYTES}
 * @returns what it says of the array, and where its elements begin
 * @throws {NpyError} if it is no array of a known element type
 */
export function readNpyHeader(bytes: Uint8Array): { header: NpyHeader; dataStart: number } {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new NpyError("not-npy", "Not a .npy file: it does not start with \\x93NUMPY");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [major, minor] = [view.getUint8(6), view.getUint8(7)];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new NpyError("version", `Unknown .npy version ${major}.${minor}, expected 1.0 to 3.0`);
  }
  const headerStart = major === 1 ? 10 : 12;
  if (bytes.length < headerStart) {
    throw new NpyError("size", `The file ends inside its header, after ${bytes.length} bytes`);
  }
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + length;
  if (length > MAX_HEADER_BYTES || dataStart > bytes.length) {
    throw new NpyError(
      "size",
      `The header claims ${length} bytes, but ${bytes.length - headerStart} follow ` +
        `(at most ${MAX_HEADER_BYTES} are read)`,
    );
  }
  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(
    bytes.subarray(headerStart, dataStart),
  );
  return { header: parseNpyHeader(text), dataStart };
}

function toCOrder<A extends TypedArray>(data: A, shape: readonly number[]): A {
  const ordered = data.slice() as A;
  const strides: number[] = [];
  shape.reduce((stride, length) => (strides.push(stride), stride * length), 1);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}
