/**
 * Reads and writes `.npy` files. The header is a Python dictionary literal with three keys; malformed files are rejected.
 *
 * Source: `numpy.lib.format` (the "NPY format" page of the numpy manual).
 *
 * @module
 */

import { ArrayError } from "./array_error.ts";
import { decodeElements, ELEMENT_TYPES, type ElementType } from "./elements.ts";
import { elementCount, isDType, type Tensor, type TypedArray } from "./tensor.ts";

/** Content of the header of a `.npy` file. */
export interface NpyHeader {
  /** Element type. */
  readonly type: ElementType;
  /** Whether the most significant byte of a number comes first. */
  readonly bigEndian: boolean;
  /** Whether the first axis, not the last, is contiguous. */
  readonly fortranOrder: boolean;
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
}

/** Types by the code of numpy. */
const TYPES: ReadonlyMap<string, ElementType> = new Map(
  Object.entries(ELEMENT_TYPES).map(([type, { numpy }]) => [numpy, type as ElementType]),
);

const MAX_AXES = 32;
const ALIGNMENT = 64;
const PREFIX = /^\s*\{\s*/;
const KEY = /^'(descr|fortran_order|shape)'\s*:\s*/;
const VALUES = {
  descr: /^'([^'\\]{1,16})'/,
  fortran_order: /^(True|False)/,
  // Python 2 wrote long integers with a final L.
  shape: /^\(\s*((?:\d{1,16}L?\s*,\s*)*(?:\d{1,16}L?\s*)?)\)/,
} as const;
const COMMA = /^\s*,\s*/;
const END = /^\s*\}\s*$/;

/**
 * Parses the dictionary literal of a `.npy` header.
 *
 * Nothing is evaluated. Exactly the three keys that numpy writes are accepted, each once.
 *
 * @param text header with padding and final newline
 * @returns values of the three keys
 * @throws {ArrayError} `header` for any other text, `dtype` for an unsupported element type, `shape` for too many axes
 */
export function parseNpyHeader(text: string): NpyHeader {
  const found = new Map<string, string>();
  let rest = take(text, PREFIX, text).rest;
  while (!END.test(rest)) {
    const key = take(rest, KEY, text);
    const name = key.value as keyof typeof VALUES;
    if (name === "descr" && key.rest.startsWith("[")) {
      throw new ArrayError(
        "dtype",
        "Cannot read a structured array; save each of its fields as an array of its own",
      );
    }
    const value = take(key.rest, VALUES[name], text);
    if (found.has(name)) throw malformed(`the key '${name}' comes twice`, text);
    found.set(name, value.value);
    rest = COMMA.test(value.rest) ? take(value.rest, COMMA, text).rest : value.rest;
    if (rest === value.rest && !END.test(rest)) throw malformed("a comma is missing", text);
  }
  const descr = found.get("descr");
  const fortranOrder = found.get("fortran_order");
  const shapeText = found.get("shape");
  if (descr === undefined || fortranOrder === undefined || shapeText === undefined) {
    throw malformed("one of descr, fortran_order and shape is missing", text);
  }
  return {
    ...parseDescriptor(descr),
    fortranOrder: fortranOrder === "True",
    shape: parseShape(shapeText, text),
  };
}

/**
 * Writes the start of a version 1.0 `.npy` file: magic, version, and the header padded to 64 bytes.
 *
 * @param type element type
 * @param shape length of each axis
 * @returns bytes that `numpy.save` writes before the elements
 */
export function npyHeader(type: ElementType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const { bytes: size, numpy } = ELEMENT_TYPES[type];
  const descriptor = `${size === 1 ? "|" : "<"}${numpy}`;
  const dictionary = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = 10 + dictionary.length + 1;
  const padding = ALIGNMENT - (unpadded % ALIGNMENT);
  const bytes = new Uint8Array(unpadded + padding);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, bytes.length - 10, true);
  bytes.set(new TextEncoder().encode(`${dictionary}${" ".repeat(padding)}\n`), 10);
  return bytes;
}

/** Source: the array interface of numpy, `typestr`. ml_dtypes writes bfloat16 as `<V2`, which numpy itself never does. */
function parseDescriptor(descriptor: string): Pick<NpyHeader, "type" | "bigEndian"> {
  const [order, code] = [descriptor.slice(0, 1), descriptor.slice(1)];
  const type = TYPES.get(code);
  if (type === undefined || !isOrderOf(type, order)) {
    throw new ArrayError(
      "dtype",
      `Cannot read an array of dtype '${descriptor}', which does not hold numbers of one of the types ` +
        `${Object.keys(ELEMENT_TYPES).join(", ")}; convert it with numpy's astype`,
    );
  }
  return { type, bigEndian: order === ">" && ELEMENT_TYPES[type].bytes > 1 };
}

function isOrderOf(type: ElementType, order: string): boolean {
  if (type === "bf16") return order === "<";
  return order === "<" || order === ">" || (order === "|" && ELEMENT_TYPES[type].bytes === 1);
}

function parseShape(list: string, text: string): number[] {
  const items = list.split(",").map((item) => item.trim());
  if (items.at(-1) === "") items.pop();
  else if (items.length === 1) throw malformed("the shape is a number, not a tuple", text);
  if (items.length > MAX_AXES) {
    throw new ArrayError("shape", `Array has ${items.length} axes, expected at most ${MAX_AXES}`);
  }
  return items.map((item) => {
    const length = Number(item.replace(/L$/, ""));
    if (!Number.isSafeInteger(length)) {
      throw new ArrayError("shape", `Array has an axis of ${item} elements, too many to count`);
    }
    return length;
  });
}

function take(rest: string, pattern: RegExp, text: string): { value: string; rest: string } {
  const match = pattern.exec(rest);
  if (match === null) {
    throw malformed(`cannot go on at ${JSON.stringify(rest.slice(0, 40))}`, text);
  }
  return { value: match[1] ?? match[0], rest: rest.slice(match[0].length) };
}

function malformed(why: string, text: string): ArrayError {
  const shown = JSON.stringify(text.trimEnd().slice(0, 200));
  return new ArrayError("header", `Malformed .npy header: ${why}, in ${shown}`);
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const MAX_HEADER_BYTES = 65_536;

/** Maximum length of the start of a file, header included, bytes. */
export const NPY_HEAD_BYTES: number = MAX_HEADER_BYTES + 12;

/**
 * Reads an array from the bytes of a `.npy` file.
 *
 * Versions 1, 2 and 3 are supported, and the header of Python 2; Fortran order is converted to C order, big-endian
 * numbers to little-endian. Every size in the header is compared with the
 * size of the content before anything is allocated.
 *
 * @param bytes content of the file
 * @returns array in C order, a copy
 * @throws {ArrayError} if the content is not exactly one complete array of an element type of tensors
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
  const { type, shape } = header;
  if (!isDType(type)) {
    throw new ArrayError(
      "dtype",
      `Cannot read an array of type ${type} here; convert it with numpy's astype`,
    );
  }
  checkNpySize(header, bytes.length - dataStart);
  // A copy that starts at 0 is aligned; Buffer's own slice() would not copy.
  const copy = new Uint8Array(bytes.subarray(dataStart));
  const data = decodeElements(type, copy, header.bigEndian) as TypedArray;
  return { dtype: type, shape, data: header.fortranOrder ? toCOrder(data, shape) : data };
}

/**
 * Checks that a file has as many bytes as its header says.
 *
 * @param header header of the file
 * @param available bytes after the header
 * @throws {ArrayError} `size` for more or fewer bytes
 */
export function checkNpySize({ type, shape }: NpyHeader, available: number): void {
  const needed = elementCount(shape) * ELEMENT_TYPES[type].bytes;
  if (Number.isSafeInteger(needed) && needed === available) return;
  throw new ArrayError(
    "size",
    `An array of shape [${shape.join(", ")}] and type ${type} takes ${needed} bytes, ` +
      `but the file has ${available} after its header; it may have been cut short`,
  );
}

/**
 * Writes an array as a version 1.0 `.npy` file, byte for byte like `numpy.save`.
 *
 * @param array array in C order
 * @returns content of the file
 * @throws {ArrayError} `shape` if the shape and the number of elements disagree
 */
export function writeNpy(array: Tensor): Uint8Array {
  const [header, elements] = npyParts(array);
  const file = new Uint8Array(header.length + elements.length);
  file.set(header);
  file.set(elements, header.length);
  return file;
}

/**
 * Returns the parts of a `.npy` file without a copy of the elements.
 *
 * @param array array in C order
 * @returns header and bytes of the elements, which {@linkcode writeNpy} joins
 * @throws {ArrayError} `shape` if the shape and the number of elements disagree
 */
export function npyParts(array: Tensor): [header: Uint8Array, elements: Uint8Array] {
  const count = elementCount(array.shape);
  if (count !== array.data.length) {
    throw new ArrayError(
      "shape",
      `Shape [${
        array.shape.join(", ")
      }] has ${count} elements, but the array has ${array.data.length}`,
    );
  }
  const { buffer, byteOffset, byteLength } = array.data;
  return [
    npyHeader(array.dtype, array.shape),
    new Uint8Array(buffer, byteOffset, byteLength),
  ];
}

/**
 * Reads the header of a `.npy` file.
 *
 * @param bytes content of the file, or its first {@linkcode NPY_HEAD_BYTES}
 * @returns header, and the position of the first element
 * @throws {ArrayError} if it is not an array of a known element type
 */
export function readNpyHeader(bytes: Uint8Array): { header: NpyHeader; dataStart: number } {
  if (bytes.length === 0) throw new ArrayError("not-npy", "Not a .npy file: it is empty");
  if (MAGIC.some((byte, i) => i < bytes.length && bytes[i] !== byte)) {
    throw new ArrayError("not-npy", "Not a .npy file: it does not start with \\x93NUMPY");
  }
  if (bytes.length < 10) {
    throw new ArrayError("size", `The file ends inside its header, after ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [major, minor] = [view.getUint8(6), view.getUint8(7)];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new ArrayError("version", `Unknown .npy version ${major}.${minor}, expected 1.0 to 3.0`);
  }
  const headerStart = major === 1 ? 10 : 12;
  if (bytes.length < headerStart) {
    throw new ArrayError("size", `The file ends inside its header, after ${bytes.length} bytes`);
  }
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + length;
  if (length > MAX_HEADER_BYTES || dataStart > bytes.length) {
    throw new ArrayError(
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
