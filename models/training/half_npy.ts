/**
 * Half-precision `.npy` files, which take half the room on a disk; the pipeline itself knows none.
 *
 * @module
 */

import { elementCount } from "../../pipeline/tensor.ts";

const ALIGNMENT = 64;

/**
 * A version 1.0 `.npy` file of half-precision numbers.
 *
 * @param shape length of each axis
 * @param parts the elements in C order, one array after the other
 * @returns the whole file; values beyond 65504 become infinite
 * @throws {RangeError} if the shape and the number of elements disagree
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { halfNpy } from "./half_npy.ts";
 * ok(halfNpy([2], [new Float32Array(2)]).length === 128 + 4);
 * ```
 */
export function halfNpy(
  shape: readonly number[],
  parts: readonly Float32Array[],
): Uint8Array<ArrayBuffer> {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  if (count !== elementCount(shape)) {
    throw new RangeError(`Shape [${shape.join(", ")}] does not have ${count} elements`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '<f2', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(start + 2 * count);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (start - 10) & 0xff, (start - 10) >> 8]);
  file.set(new TextEncoder().encode(text.padEnd(start - 11) + "\n"), 10);
  const values = new Float16Array(file.buffer, start, count);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return file;
}
