/**
 * SHA-256 of files and of bytes in memory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Returns the SHA-256, in hexadecimal, of a file of any size. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Returns the SHA-256, in hexadecimal, of bytes in memory. */
export function bytesSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
