/**
 * Writing of tensors in safetensors format.
 *
 * Source: the format's description, https://github.com/huggingface/safetensors
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";

const PREFIX_BYTES = 8;

/**
 * Writes tensors in safetensors format.
 *
 * @param tensors the tensors by name, f32 in C order
 * @param metadata texts by name; none by default
 * @returns the bytes of the file; the values start at a multiple of 8 bytes
 *
 * @example
 * ```ts
 * import { deepStrictEqual as equal } from "node:assert/strict";
 * import { tensor } from "../core/tensor.ts";
 * import { encodeSafetensors } from "./encode_safetensors.ts";
 * import { readSafetensors } from "./readers/safetensors.ts";
 * const tensors = new Map([["x", tensor("f32", [2], Float32Array.of(1, 2))]]);
 * equal(readSafetensors(encodeSafetensors(tensors)), tensors);
 * ```
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor<"f32">>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const offsets = [end, end += data.byteLength];
    return [name, { dtype: "F32", shape, data_offsets: offsets }];
  });
  const json = JSON.stringify({
    ...(metadata && { __metadata__: metadata }),
    ...Object.fromEntries(entries),
  });
  const written = new TextEncoder().encode(json).length;
  const header = new TextEncoder().encode(json + " ".repeat(-written & (PREFIX_BYTES - 1)));
  const bytes = new Uint8Array(PREFIX_BYTES + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, PREFIX_BYTES);
  const values = new Float32Array(bytes.buffer, PREFIX_BYTES + header.length);
  let at = 0;
  for (const { data } of tensors.values()) {
    values.set(data, at);
    at += data.length;
  }
  return bytes;
}
