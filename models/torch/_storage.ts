/**
 * Storages of a torch file: flat arrays that tensors are views of.
 *
 * @module
 */

import { elementCount, type Tensor, tensor, type TypedArray } from "../../core/tensor.ts";
import { ModelError } from "../model_error.ts";
import { PickleObject } from "./pickle.ts";

/** Element types of storages. */
export type StorageElement = "f16" | "bf16" | "f32" | "f64" | "i16" | "i32" | "i64" | "u8";

/** Element types by the name of their storage class. */
export const STORAGE_ELEMENTS: Readonly<Record<string, StorageElement>> = {
  "torch.HalfStorage": "f16",
  "torch.BFloat16Storage": "bf16",
  "torch.FloatStorage": "f32",
  "torch.DoubleStorage": "f64",
  "torch.ShortStorage": "i16",
  "torch.IntStorage": "i32",
  "torch.LongStorage": "i64",
  "torch.ByteStorage": "u8",
};

const BYTES: Readonly<Record<StorageElement, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
};

/** A storage: elements of one type, little-endian. */
export class TorchStorage extends PickleObject {
  /** Kind of object, for errors. */
  override readonly kind = "storage";
  /** Number of elements. */
  readonly length: number;
  readonly #element: StorageElement;
  readonly #view: DataView;

  /**
   * Checks the size of a storage.
   *
   * @param key name of the storage in the file, for errors
   * @param element element type
   * @param length number of elements according to the pickle
   * @param bytes entry of the storage in the archive
   */
  constructor(key: string, element: StorageElement, length: number, bytes: Uint8Array) {
    super();
    if (bytes.length !== length * BYTES[element]) {
      throw new ModelError(
        "format",
        `Storage ${key} should hold ${length} elements of ${element}, but has ${bytes.length} bytes`,
      );
    }
    this.length = length;
    this.#element = element;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Copies a view of the storage into an array in C order.
   *
   * @param offset index of the first element
   * @param shape length of each axis
   * @param strides distance of neighbours along each axis, elements, not negative
   * @returns f32 for every floating-point type, otherwise the integer type of the storage
   * @throws {ModelError} `format` if any element lies outside the storage
   */
  gather(offset: number, shape: readonly number[], strides: readonly number[]): Tensor {
    const count = elementCount(shape);
    const last = shape.reduce((at, n, axis) => at + (n - 1) * strides[axis]!, offset);
    if (count > 0 && !(last < this.length)) {
      throw new ModelError(
        "format",
        `A tensor of shape [${shape.join(", ")}], strides [${
          strides.join(", ")
        }] and offset ${offset} ` +
          `reaches beyond its storage of ${this.length} elements`,
      );
    }
    if (count > this.length) {
      throw new ModelError(
        "format",
        `A tensor of ${count} elements repeats those of its storage, which has ${this.length}; ` +
          "no checkpoint has such weights",
      );
    }
    const values = isContiguous(shape, strides) ? this.#contiguous(offset, count) : undefined;
    if (values !== undefined) return tensor("f32", shape, values);
    const view = this.#view;
    const fill = <A extends TypedArray>(array: A, read: (at: number) => A[number]): A => {
      walk(offset, shape, strides, (i, at) => array[i] = read(at));
      return array;
    };
    switch (this.#element) {
      case "i64": {
        const read = (at: number): bigint => view.getBigInt64(8 * at, true);
        return tensor("i64", shape, fill(new BigInt64Array(count), read));
      }
      case "i32":
        return tensor(
          "i32",
          shape,
          fill(new Int32Array(count), (at) => view.getInt32(4 * at, true)),
        );
      case "i16":
        return tensor(
          "i16",
          shape,
          fill(new Int16Array(count), (at) => view.getInt16(2 * at, true)),
        );
      case "u8":
        return tensor("u8", shape, fill(new Uint8Array(count), (at) => view.getUint8(at)));
      default:
        return tensor(
          "f32",
          shape,
          fill(new Float32Array(count), floatReader(this.#element, view)),
        );
    }
  }

  /** Reads consecutive elements at once; undefined for types other than f16 and f32. */
  #contiguous(offset: number, count: number): Float32Array | undefined {
    const { byteOffset } = this.#view;
    const buffer = this.#view.buffer as ArrayBuffer;
    const part = (bytes: number): ArrayBuffer =>
      buffer.slice(byteOffset + bytes * offset, byteOffset + bytes * (offset + count));
    if (this.#element === "f16") return new Float32Array(new Float16Array(part(2)));
    return this.#element === "f32" ? new Float32Array(part(4)) : undefined;
  }
}

/** Returns whether the elements of a view are consecutive and in the byte order of the machine. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  const inner = (axis: number): number => elementCount(shape.slice(axis + 1));
  return isLittleEndian &&
    shape.every((length, axis) => length < 2 || strides[axis] === inner(axis));
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function floatReader(
  element: "f16" | "bf16" | "f32" | "f64",
  view: DataView,
): (at: number) => number {
  const wide = new Float32Array(1);
  const bits = new Uint32Array(wide.buffer);
  switch (element) {
    case "f16":
      return (at) => view.getFloat16(2 * at, true);
    case "bf16":
      return (at) => {
        bits[0] = view.getUint16(2 * at, true) << 16;
        return wide[0]!;
      };
    case "f32":
      return (at) => view.getFloat32(4 * at, true);
    case "f64":
      return (at) => view.getFloat64(8 * at, true);
  }
}

/** Visits the elements of a view in C order, with their index in the view and in the storage. */
function walk(
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  visit: (index: number, at: number) => void,
): void {
  const count = elementCount(shape);
  const position = shape.map(() => 0);
  let at = offset;
  for (let index = 0; index < count; index++) {
    visit(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis]! += 1;
      at += strides[axis]!;
      if (position[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
}
