/**
 * Element types of stored arrays, and the conversion of their bytes to JavaScript arrays.
 *
 * @module
 */

/** JavaScript arrays that hold the elements of stored arrays. */
export type Elements =
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

interface ElementDescription {
  /** Size of an element, bytes. */
  readonly bytes: number;
  /** Numbers in an element: 2 for complex elements, whose imaginary part follows the real one. */
  readonly parts: 1 | 2;
  /** Type code of numpy, without the byte order. */
  readonly numpy: string;
  /** Name in `.safetensors` files; null where that format has none. */
  readonly safetensors: string | null;
  /** Difference between 1 and the next larger value; null for integers. */
  readonly resolution: number | null;
}

const row = (
  bytes: number,
  numpy: string,
  safetensors: string | null,
  resolution: number | null = null,
  parts: 1 | 2 = 1,
): ElementDescription => ({ bytes, parts, numpy, safetensors, resolution });

/** Element types by name. `bf16` is the type that the Python package ml_dtypes writes. */
export const ELEMENT_TYPES = {
  bool: row(1, "b1", "BOOL"),
  u8: row(1, "u1", "U8"),
  u16: row(2, "u2", "U16"),
  u32: row(4, "u4", "U32"),
  u64: row(8, "u8", "U64"),
  i8: row(1, "i1", "I8"),
  i16: row(2, "i2", "I16"),
  i32: row(4, "i4", "I32"),
  i64: row(8, "i8", "I64"),
  f16: row(2, "f2", "F16", 2 ** -10),
  bf16: row(2, "V2", "BF16", 2 ** -7),
  f32: row(4, "f4", "F32", 2 ** -23),
  f64: row(8, "f8", "F64", 2 ** -52),
  c64: row(8, "c8", "C64", 2 ** -23, 2),
  c128: row(16, "c16", null, 2 ** -52, 2),
} as const satisfies Record<string, ElementDescription>;

/** Name of an element type. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** Returns the numbers in an element of a type: 2 for complex types. */
export function partsOf(type: ElementType): 1 | 2 {
  return ELEMENT_TYPES[type].parts;
}

/** Returns whether a type is floating-point, real or complex. */
export function isFloatType(type: ElementType): boolean {
  return ELEMENT_TYPES[type].resolution !== null;
}

/**
 * Converts stored bytes to a JavaScript array. Half-precision types become `Float32Array`, which holds each of their
 * values; complex types become real and imaginary parts in turn.
 *
 * @param type element type
 * @param bytes elements, at the start of their buffer; big-endian ones are swapped in place
 * @param bigEndian whether the most significant byte of a number comes first
 * @returns array over the same buffer, except for half precision
 */
export function decodeElements(
  type: ElementType,
  bytes: Uint8Array<ArrayBuffer>,
  bigEndian: boolean,
): Elements {
  const { bytes: size, parts } = ELEMENT_TYPES[type];
  if (bigEndian) swapBytes(bytes, size / parts);
  const count = bytes.length / size * parts;
  const { buffer } = bytes;
  switch (type) {
    case "bool":
    case "u8":
      return new Uint8Array(buffer, 0, count);
    case "u16":
      return new Uint16Array(buffer, 0, count);
    case "u32":
      return new Uint32Array(buffer, 0, count);
    case "u64":
      return new BigUint64Array(buffer, 0, count);
    case "i8":
      return new Int8Array(buffer, 0, count);
    case "i16":
      return new Int16Array(buffer, 0, count);
    case "i32":
      return new Int32Array(buffer, 0, count);
    case "i64":
      return new BigInt64Array(buffer, 0, count);
    case "f16":
      return new Float32Array(new Float16Array(buffer, 0, count));
    case "bf16": {
      const words = Uint32Array.from(new Uint16Array(buffer, 0, count), (bits) => bits << 16);
      return new Float32Array(words.buffer);
    }
    case "f32":
    case "c64":
      return new Float32Array(buffer, 0, count);
    case "f64":
    case "c128":
      return new Float64Array(buffer, 0, count);
  }
}

/**
 * Converts a JavaScript array to little-endian bytes, as {@linkcode decodeElements} reads them.
 *
 * @param type element type
 * @param elements elements of this type, as {@linkcode decodeElements} returns them
 * @returns bytes, which may share the memory of the elements
 */
export function encodeElements(type: ElementType, elements: Elements): Uint8Array {
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
    new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  if (type === "f16") return bytesOf(new Float16Array(elements as Float32Array));
  if (type !== "bf16") return bytesOf(elements);
  const { buffer, byteOffset, length } = elements;
  const words = new Uint32Array(buffer as ArrayBuffer, byteOffset, length);
  return bytesOf(Uint16Array.from(words, (bits) => bits >>> 16));
}

/** Reverses the bytes of each number. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/**
 * Returns an element as text, such as `0.5` or `0.5-2i`.
 *
 * @param real the value, or its real part
 * @param imaginary imaginary part; absent for a real element
 */
export function elementText(real: number | bigint, imaginary?: number): string {
  if (imaginary === undefined) return String(real);
  const isNegative = imaginary < 0 || Object.is(imaginary, -0);
  return `${real}${isNegative ? "-" : "+"}${Math.abs(imaginary)}i`;
}
