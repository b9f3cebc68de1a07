/**
 * The header of a `.npy` file: a Python dictionary literal with three keys.
 *
 * Source: `numpy.lib.format` (the "NPY format" page of the numpy manual).
 *
 * @module
 */

import type { DType } from "./tensor.ts";
import { NpyError } from "./npy_error.ts";

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  /** Element type. */
  readonly dtype: DType;
  /** Whether the first axis, not the last, is contiguous. */
  readonly fortranOrder: boolean;
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
}

const DESCRIPTORS: Readonly<Record<DType, string>> = {
  f32: "<f4",
  f64: "<f8",
  i16: "<i2",
  i32: "<i4",
  i64: "<i8",
  u8: "|u1",
};

const MAX_AXES = 32;
const ALIGNMENT = 64;
const PREFIX = /^\s*\{\s*/;
const KEY = /^'(descr|fortran_order|shape)'\s*:\s*/;
const VALUES = {
  descr: /^'([^'\\]{1,16})'/,
  fortran_order: /^(True|False)/,
  shape: /^\(\s*((?:\d{1,16}\s*,\s*)*(?:\d{1,16}\s*)?)\)/,
} as const;
const COMMA = /^\s*,\s*/;
const END = /^\s*\}\s*$/;

/**
 * Parses the dictionary literal of a `.npy` header.
 *
 * Nothing is evaluated: only the three keys that numpy writes are known, each exactly once.
 *
 * @param text the header, padding and final newline included
 * @returns the three values
 * @throws {NpyError} `header` for any other text, `dtype` for an unsupported element type, `shape` for too many axes
 */
export function parseNpyHeader(text: string): NpyHeader {
  const found = new Map<string, string>();
  let rest = take(text, PREFIX, text).rest;
  while (!END.test(rest)) {
    const key = take(rest, KEY, text);
    const name = key.value as keyof typeof VALUES;
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
    dtype: parseDescriptor(descr),
    fortranOrder: fortranOrder === "True",
    shape: parseShape(shapeText, text),
  };
}

/**
 * Writes the start of a version 1.0 `.npy` file: magic, version, and the header padded to 64 bytes.
 *
 * @param dtype element type
 * @param shape length of each axis
 * @returns the bytes that `numpy.save` puts before the elements
 */
export function formatNpyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${
    DESCRIPTORS[dtype]
  }', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = 10 + dictionary.length + 1;
  const padding = ALIGNMENT - (unpadded % ALIGNMENT);
  const bytes = new Uint8Array(unpadded + padding);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, bytes.length - 10, true);
  bytes.set(new TextEncoder().encode(`${dictionary}${" ".repeat(padding)}\n`), 10);
  return bytes;
}

function parseDescriptor(descriptor: string): DType {
  for (const [dtype, known] of Object.entries(DESCRIPTORS)) {
    if (known === descriptor) return dtype as DType;
  }
  const known = Object.values(DESCRIPTORS).join(" ");
  throw new NpyError(
    "dtype",
    `Cannot read an array of dtype '${descriptor}': expected one of ${known}; convert it with numpy's astype`,
  );
}

function parseShape(list: string, text: string): number[] {
  const items = list.split(",").map((item) => item.trim());
  if (items.at(-1) === "") items.pop();
  else if (items.length === 1) throw malformed("the shape is a number, not a tuple", text);
  if (items.length > MAX_AXES) {
    throw new NpyError("shape", `Array has ${items.length} axes, expected at most ${MAX_AXES}`);
  }
  return items.map((item) => {
    const length = Number(item);
    if (!Number.isSafeInteger(length)) {
      throw new NpyError("shape", `Array has an axis of ${item} elements, which is not countable`);
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

function malformed(why: string, text: string): NpyError {
  const shown = JSON.stringify(text.trimEnd().slice(0, 200));
  return new NpyError("header", `Malformed .npy header: ${why}, in ${shown}`);
}
