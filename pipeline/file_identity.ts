/**
 * The identity of an audio file: what tells later whether a result is still one of its content.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { fileSha256 } from "../core/hash.ts";
import type { JsonOf } from "../core/schema.ts";
import type { ResultSchemas } from "./result_schema.ts";

/** Size, time of the last change, and SHA-256 of a file. */
export type FileIdentity = JsonOf<ResultSchemas["fileIdentity"]>;

/**
 * Returns the identity of a file; null where there is no regular file.
 *
 * @param path path of the file
 */
export async function fileIdentity(path: string): Promise<FileIdentity | null> {
  try {
    const found = await stat(path);
    // A pipe would be read for ever.
    if (!found.isFile()) return null;
    return { bytes: found.size, modified: timeOf(found), sha256: await fileSha256(path) };
  } catch {
    return null;
  }
}

/**
 * Returns whether a file has the content of an earlier identity. Its content is read only where the size is the same
 * and the time of the last change is not.
 *
 * @param path path of the file
 * @param earlier identity in an earlier result
 */
export async function isUnchanged(path: string, earlier: FileIdentity): Promise<boolean> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size !== earlier.bytes) return false;
    return timeOf(found) === earlier.modified || await fileSha256(path) === earlier.sha256;
  } catch {
    return false;
  }
}

function timeOf({ mtime }: { readonly mtime: Date }): string {
  return mtime.toISOString();
}
