/**
 * Records of files that are kept and reused: JSON of what the files were made from, and hashes of their content.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ensureSpace, nearestExisting } from "../core/files.ts";
import { reasonOf } from "../core/reason.ts";

/** Returns whether a record is of a track; undefined where there is no record in the file. */
export function isRecordOf(file: string, track: { readonly path: string }): boolean | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")).path === track.path;
  } catch {
    return undefined;
  }
}

/**
 * Reads the hashes of a record.
 *
 * @param file file of the record
 * @param record the record that it must hold
 * @param names names of the hashes, which the file holds too
 * @returns undefined where the file holds another record
 * @throws if the file cannot be read, or is not JSON
 */
export async function readHashes<Name extends string>(
  file: string,
  record: object,
  ...names: readonly Name[]
): Promise<Readonly<Record<Name, unknown>> | undefined> {
  const written = JSON.parse(await readFile(file, "utf8"));
  const found = Object.entries(written).filter(([key]) =>
    !(names as readonly string[]).includes(key)
  );
  const isSame = JSON.stringify(Object.fromEntries(found)) === JSON.stringify(record);
  return isSame ? written : undefined;
}

/**
 * Checks that files will fit, before the work that makes them.
 *
 * @param what the files, for the error
 * @param path where they are to be written
 * @param bytes their size
 * @throws if the file system has less space
 */
export async function ensureSpaceToKeep(what: string, path: string, bytes: number): Promise<void> {
  try {
    await ensureSpace(await nearestExisting(resolve(path)), bytes);
  } catch (cause) {
    throw new Error(`Cannot keep ${what}: ${reasonOf(cause)}`, { cause });
  }
}
