/**
 * Pinned files: files whose content is known by SHA-256, and checks of a file against it.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../../core/hash.ts";

/** A file of known content. */
export interface PinnedFile {
  /** Name in a folder of weights. */
  readonly fileName: string;
  /** Address for downloads. */
  readonly url: string;
  /** SHA-256 of the content, hexadecimal: all 64 digits, or the leading digits if only those are published. */
  readonly sha256: string;
  /** Minimum size, bytes. */
  readonly minBytes: number;
  /** Maximum size, bytes. */
  readonly maxBytes: number;
}

/** State of a file according to its size; an `installed` file may still have the wrong SHA-256. */
export type FileState = "installed" | "missing" | "damaged";

/** A file in a folder, whose content was not read. */
export interface FoundFile {
  /** Path of the file, whether it exists or not. */
  readonly path: string;
  /** State: missing, damaged (wrong size, or not a file), or installed. */
  readonly state: FileState;
  /** Size, bytes, unless the file is missing. */
  readonly bytes?: number;
}

/**
 * Looks for a file without reading it.
 *
 * @param folder folder of weights; need not exist
 * @param file file to look for
 * @throws if the folder cannot be searched
 */
export async function findPinnedFile(folder: string, file: PinnedFile): Promise<FoundFile> {
  const path = join(folder, file.fileName);
  try {
    const found = await stat(path);
    const isPinned = found.isFile() && found.size >= file.minBytes && found.size <= file.maxBytes;
    return { path, state: isPinned ? "installed" : "damaged", bytes: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { path, state: "missing" };
    throw error;
  }
}

/**
 * Returns the paths of an unfinished download: the content so far, and the version that the server reported.
 *
 * @param folder folder of weights
 * @param file the file
 */
export function partialFiles(
  folder: string,
  { fileName }: Pick<PinnedFile, "fileName">,
): [content: string, version: string] {
  const path = join(folder, `.${fileName}.part`);
  return [path, `${path}.version`];
}

/** Returns whether a SHA-256 starts with the pinned digits. */
export function hasSha256(file: PinnedFile, sha256: string): boolean {
  return file.sha256.length > 0 && sha256.startsWith(file.sha256);
}

/** Formats the pinned SHA-256 for a message, with an ellipsis if only the leading digits are known. */
export function shownSha256({ sha256 }: PinnedFile): string {
  return sha256.length < 64 ? `${sha256}…` : sha256;
}

/**
 * Returns whether a folder has the file with the pinned content.
 *
 * @param folder folder of weights; need not exist
 * @param file file to look for
 * @throws if the file exists and cannot be read
 */
export async function isInstalled(folder: string, file: PinnedFile): Promise<boolean> {
  const { path, state } = await findPinnedFile(folder, file);
  return state === "installed" && hasSha256(file, await fileSha256(path));
}
