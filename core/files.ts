/**
 * Atomic writes, and free names of files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { interruptible } from "./interruption.ts";
import { printable } from "./printable.ts";
import { reasonOf } from "./reason.ts";

/**
 * Writes a file atomically: under a temporary name in the same folder, then renamed. The folder is created if necessary.
 *
 * @param path path of the file
 * @param content whole content, or its parts in order
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  await interruptible(() => rmSync(temporary, { force: true }), async () => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw withPath(error, path);
    }
  });
}

/** Returns an error whose message names the file: that of a full disk does not. */
function withPath(error: unknown, path: string): unknown {
  const { code, path: named } = error as NodeJS.ErrnoException;
  if (code === undefined || named !== undefined) return error;
  const message = `Writing ${printable(path)} failed: ${reasonOf(error)}`;
  return Object.assign(new Error(message, { cause: error }), { code });
}

/**
 * Replaces an existing file atomically: the new content is on the disk, under a temporary name in the same folder, before it gets
 * the name. Mode and, as far as the user may set them, owner and group are kept. Of a symbolic link, the file that it leads to is replaced.
 *
 * @param path path of the file
 * @param content parts of the new content in order, which may be read from the old file
 * @throws if the file changes in the meantime, or the copy cannot be written; the file is as before then
 */
export async function replaceWhole(path: string, content: Iterable<Uint8Array>): Promise<void> {
  const target = await realpath(path);
  const before = await stat(target);
  const temporary = join(dirname(target), temporaryName(basename(target)));
  await interruptible(() => rmSync(temporary, { force: true }), async () => {
    try {
      const file = await open(temporary, "w");
      try {
        await writeFile(file, content);
        await file.sync();
      } finally {
        await file.close();
      }
      const made = await stat(temporary);
      if (made.uid !== before.uid || made.gid !== before.gid) {
        await chown(temporary, before.uid, before.gid).catch(() => {});
      }
      await chmod(temporary, before.mode & 0o7777);
      const now = await stat(target);
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) {
        throw new Error(`${printable(target)} was changed while its copy was written`);
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw withPath(error, target);
    }
  });
}

/**
 * Writes a value as indented JSON with a final newline, atomically.
 *
 * @param path path of the file
 * @param value value that JSON can represent
 */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, JSON.stringify(value, null, 2) + "\n");
}

/** Largest number of bytes in the name of a file on the usual file systems. */
export const NAME_BYTES = 255;

/** Names of unfinished files, with the number of the process that writes them. */
export const UNFINISHED_NAME: RegExp = /^\..+\.\d+\.unfinished$/;

/** Returns the name of an unfinished file; of a long name only the hash fits. */
export function temporaryName(name: string): string {
  const end = `.${process.pid}.unfinished`;
  const whole = `.${name}${end}`;
  return bytesOf(whole) <= NAME_BYTES ? whole : `.${hashOf(name)}${end}`;
}

/**
 * Returns a track's name, or the name with a hash of the track's path appended if the name is taken or too long. Of a
 * name that is too long the end is cut.
 *
 * @param track name and path of the track
 * @param isFree returns whether no file has a name, or its files belong to this track
 * @param room bytes that the name may have; those of a file without an ending by default
 */
export function freeName(
  track: { readonly name: string; readonly path: string },
  isFree: (name: string) => boolean,
  room: number = NAME_BYTES,
): string {
  const { name, path } = track;
  if (bytesOf(name) <= room && isFree(name)) return name;
  const hash = `.${hashOf(path)}`;
  return `${firstBytes(name, room - hash.length)}${hash}`;
}

/** Returns the number of bytes of a name as UTF-8. */
export function bytesOf(name: string): number {
  return new TextEncoder().encode(name).length;
}

/** Returns the longest beginning of a name that has no more bytes, without half a character. */
function firstBytes(name: string, most: number): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(Math.max(0, most)));
  return name.slice(0, read);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/**
 * Returns why a path cannot be opened where its name is not UTF-8: Deno replaces such bytes in arguments and listings
 * by U+FFFD, and then finds no file.
 *
 * @param path path of an argument or of a listing
 * @returns a message for the user, or undefined for every other path
 */
export async function undecodedName(path: string): Promise<string | undefined> {
  if (!isUndecoded(path) || await exists(path)) return undefined;
  return `${
    printable(path)
  }: the name is not UTF-8 (\ufffd stands for other bytes), and such a file cannot be ` +
    "opened here; rename it";
}

/** Returns whether a name can be one that is not UTF-8: it has U+FFFD, which Deno puts in place of other bytes. */
export function isUndecoded(name: string): boolean {
  return name.includes("\ufffd");
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

/** Returns the nearest folder above a path, or the path itself, that exists. */
export async function nearestExisting(path: string): Promise<string> {
  for (let at = path;; at = dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "ENOENT" || dirname(at) === at) throw error;
    }
  }
}

/** Space of a file system. */
export interface Space {
  /** Bytes that are left for this user. */
  readonly bytes: number;
  /** Whether another file can be made. */
  readonly files: boolean;
}

/** Returns the space of the file system of an existing path; all there is where that is not known. */
export async function spaceAt(path: string): Promise<Space> {
  try {
    const { bavail, bsize, ffree, files } = await statfs(path);
    // Some file systems do not count files.
    return { bytes: bavail * bsize, files: files === 0 || ffree > 0 };
  } catch {
    return { bytes: Infinity, files: true };
  }
}

/**
 * Throws an error if a file system is full.
 *
 * @param folder existing folder
 * @param bytes bytes that are needed
 * @param space returns the space at the folder; asks the operating system by default
 */
export async function ensureSpace(
  folder: string,
  bytes: number,
  space: (folder: string) => Promise<Space> = spaceAt,
): Promise<void> {
  const left = await space(folder);
  if (!left.files) throw new Error(`the file system of ${folder} has no room for another file`);
  if (left.bytes >= bytes) return;
  throw new Error(
    `the file system of ${folder} is full: ${megabytes(bytes)} are needed, ${
      megabytes(left.bytes)
    } are left`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
