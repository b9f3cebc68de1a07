/**
 * Tensors: n-dimensional arrays that stages exchange.
 *
 * @module
 */

/** Element types of seams and stored arrays. */
export type DType = keyof TypedArrays;

/** JavaScript array of each element type. */
export interface TypedArrays {
  /** 32-bit float. */
  f32: Float32Array;
  /** 64-bit float. */
  f64: Float64Array;
  /** 16-bit integer. */
  i16: Int16Array;
  /** 32-bit integer. */
  i32: Int32Array;
  /** 64-bit integer. */
  i64: BigInt64Array;
  /** 8-bit unsigned integer. */
  u8: Uint8Array;
}

/** Any array that can hold a tensor's elements. */
export type TypedArray = TypedArrays[DType];

/** An array of known element type and shape, in C order (the last axis is contiguous). */
export interface Tensor<D extends DType = DType> {
  /** Element type. */
  readonly dtype: D;
  /** Length of each axis, outermost first; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Elements in C order; their number is the product of `shape`. */
  readonly data: TypedArrays[D];
}

/** Constructor of the JavaScript array of each element type. */
export interface ArrayConstructors {
  /** 32-bit float. */
  readonly f32: Float32ArrayConstructor;
  /** 64-bit float. */
  readonly f64: Float64ArrayConstructor;
  /** 16-bit integer. */
  readonly i16: Int16ArrayConstructor;
  /** 32-bit integer. */
  readonly i32: Int32ArrayConstructor;
  /** 64-bit integer. */
  readonly i64: BigInt64ArrayConstructor;
  /** 8-bit unsigned integer. */
  readonly u8: Uint8ArrayConstructor;
}

const CONSTRUCTORS: ArrayConstructors = {
  f32: Float32Array,
  f64: Float64Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
};

/** Returns the constructor of the array for an element type. */
export function arrayConstructor<D extends DType>(dtype: D): ArrayConstructors[D] {
  return CONSTRUCTORS[dtype];
}

/** Returns whether an element type is one of tensors. */
export function isDType(type: string): type is DType {
  return Object.hasOwn(CONSTRUCTORS, type);
}

/** Returns the number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Creates a tensor.
 *
 * @param dtype element type of `data`
 * @param shape length of each axis
 * @param data elements in C order
 * @returns tensor; `data` is not copied
 * @throws {RangeError} if `data` does not have as many elements as the shape
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { tensor } from "./tensor.ts";
 * const stems = tensor("i16", [4, 2, 3], new Int16Array(24));
 * ok(stems.shape.length === 3);
 * ```
 */
export function tensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: TypedArrays[D],
): Tensor<D> {
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new RangeError(
      `A tensor of shape [${
        shape.join(", ")
      }] has ${expected} elements, but the data has ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/**
 * Frees the memory of tensors, which the garbage collector would do later, and perhaps much later: arrays outside of its
 * heap hardly count for it. Their data, and all views of the same memory, are empty afterwards.
 *
 * @param tensors the tensors; several may share their memory
 */
export function release(...tensors: readonly Pick<Tensor, "data">[]): void {
  for (const { data: { buffer } } of tensors) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  }
}

/**
 * Copies a range along one axis.
 *
 * @param whole the tensor
 * @param axis index of the axis
 * @param start first position
 * @param end position after the last one
 * @returns the range, of the same type
 * @throws {RangeError} if the tensor has no such axis or range
 *
 * @example
 * ```ts
 * import { deepStrictEqual as equal } from "node:assert/strict";
 * import { slice, tensor } from "./tensor.ts";
 * const rows = tensor("f32", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
 * equal([...slice(rows, 1, 1, 3).data], [2, 3, 5, 6]);
 * ```
 */
export function slice<D extends DType>(
  whole: Tensor<D>,
  axis: number,
  start: number,
  end: number,
): Tensor<D> {
  const { dtype, shape, data } = whole;
  const length = shape[axis];
  if (length === undefined || start < 0 || end < start || end > length) {
    throw new RangeError(
      `Slicing ${start} to ${end} of axis ${axis}: the tensor has the shape [${shape.join(", ")}]`,
    );
  }
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const size = (end - start) * inner;
  const copy = new (arrayConstructor(dtype))(outer * size) as TypedArrays[D];
  for (let row = 0; row < outer; row++) {
    const from = (row * length + start) * inner;
    copy.set(data.subarray(from, from + size) as never, row * size);
  }
  return { dtype, shape: shape.with(axis, end - start), data: copy };
}

/**
 * Transposes a matrix.
 *
 * @param matrix `[rows, columns]` f32
 * @returns `[columns, rows]` f32, a copy
 */
export function transposed({ shape, data }: Tensor<"f32">): Tensor<"f32"> {
  const [rows = 0, columns = 0] = shape;
  const copy = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) copy[c * rows + r] = data[r * columns + c]!;
  }
  return tensor("f32", [columns, rows], copy);
}
