/**
 * Files that have one right content, and how to tell whether a file is the right one.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../../core/hash.ts";

/** A file with one right content. */
export interface PinnedFile {
  /** The file's name in a folder of weights. */
  readonly fileName: string;
  /** Where it can be had. */
  readonly url: string;
  /** SHA-256 of its content, hexadecimal: all 64 digits, or the leading ones where no more are published. */
  readonly sha256: string;
  /** It has at least so many bytes. */
  readonly minBytes: number;
  /** It has at most so many bytes. */
  readonly maxBytes: number;
}

/** What a look at a file's size says; `installed` still needs its SHA-256 to be right. */
export type FileState = "installed" | "missing" | "damaged";

/** A file in a folder, as far as it can be told without reading it. */
export interface FoundFile {
  /** Where it is or would be. */
  readonly path: string;
  /** Missing, of a wrong size (or no file at all), or there. */
  readonly state: FileState;
  /** Its size, unless it is missing. */
  readonly bytes?: number;
}

/**
 * Looks for a file, without reading it.
 *
 * @param folder folder of weights; need not exist
 * @param file which file
 * @throws if the folder cannot be searched
 */
export async function findPinnedFile(folder: string, file: PinnedFile): Promise<FoundFile> {
  const path = join(folder, file.fileName);
  try {
    const found = await stat(path);
    const right = found.isFile() && found.size >= file.minBytes && found.size <= file.maxBytes;
    return { path, state: right ? "installed" : "damaged", bytes: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { path, state: "missing" };
    throw error;
  }
}

/** Whether a SHA-256 is the pinned one, as far as that is known. */
export function hasSha256(file: PinnedFile, sha256: string): boolean {
  return file.sha256.length > 0 && sha256.startsWith(file.sha256);
}

/** The pinned SHA-256 for a message, with dots for what nobody published. */
export function shownSha256({ sha256 }: PinnedFile): string {
  return sha256.length < 64 ? `${sha256}…` : sha256;
}

/**
 * Whether a folder has the right file, its content included.
 *
 * @param folder folder of weights; need not exist
 * @param file which file
 * @throws if the file is there and cannot be read
 */
export async function isInstalled(folder: string, file: PinnedFile): Promise<boolean> {
  const { path, state } = await findPinnedFile(folder, file);
  return state === "installed" && hasSha256(file, await fileSha256(path));
}
