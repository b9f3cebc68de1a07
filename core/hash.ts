/**
 * SHA-256 of files and of bytes in memory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { release } from "./tensor.ts";

/** Bytes that are read or hashed at a time, in about a millisecond; timers fire in between. */
const PIECE_BYTES = 2 ** 20;

/** Returns the SHA-256, in hexadecimal, of a file of any size. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path);
  // One buffer for the whole file, freed at its end: those of a stream are freed only when garbage is collected.
  const buffer = new Uint8Array(PIECE_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    release({ data: buffer });
    await file.close();
  }
}

/** Returns the SHA-256, in hexadecimal, of an array of any size, which Web Crypto would copy. */
export async function arraySha256(
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < byteLength; at += PIECE_BYTES) {
    if (at > 0) await setImmediate();
    hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(PIECE_BYTES, byteLength - at)));
  }
  return hash.digest("hex");
}

/** Returns the SHA-256, in hexadecimal, of bytes in memory. */
export function bytesSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
