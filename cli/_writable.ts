/**
 * Checks before the work begins that its results can be written.
 *
 * @module
 */

import { access, constants, mkdtemp, open, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ensureSpace, isUndecoded, nearestExisting } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";

/** Space that every output has: results are small. */
const LEAST_BYTES = 2 ** 20;

/**
 * Checks that a folder can be written or created, and that its file system is not full. The check leaves nothing.
 *
 * @param directory the folder
 * @param option option that names it, for the message
 * @throws {UsageError} if it, or its nearest parent that exists, is not a writable folder
 */
export async function ensureFolder(directory: string, option: string): Promise<void> {
  if (directory === "") {
    throw new UsageError(`${option} expects the name of a folder, but got none`);
  }
  ensureDecoded(directory, option);
  try {
    const existing = await nearestExisting(resolve(directory));
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is not a folder`);
    await ensureWritable(existing);
    await ensureSpace(existing, LEAST_BYTES);
  } catch (cause) {
    throw cannotWrite(directory, option, cause);
  }
}

/**
 * Checks that a file can be written or appended to. The check creates nothing.
 *
 * @param path the file
 * @param option option that names it, for the message
 * @throws {UsageError} if it cannot be opened for writing
 */
export async function ensureFile(path: string, option: string): Promise<void> {
  if (path === "") throw new UsageError(`${option} expects the name of a file, but got none`);
  ensureDecoded(path, option);
  await ensureFolder(dirname(resolve(path)), option);
  const existed = await stat(path).then(() => true, () => false);
  if (!existed) return;
  try {
    await (await open(path, "a")).close();
  } catch (cause) {
    throw cannotWrite(path, option, cause);
  }
}

/** Throws the reason where no files can be made in a folder. */
async function ensureWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "EACCES") throw cause;
    // Deno's answer follows from the owner's bits and those of all others. The administrator, groups and access lists
    // may allow more.
    await rmdir(await mkdtemp(join(folder, ".tactus-")));
  }
}

/** Throws where another name would be written than the user gave. */
function ensureDecoded(path: string, option: string): void {
  if (!isUndecoded(path)) return;
  throw new UsageError(
    `Cannot write ${
      printable(path)
    }: the name is not UTF-8 (\ufffd stands for other bytes), and a ` +
      `file or folder of another name would be made; name another with ${option}`,
  );
}

function cannotWrite(path: string, option: string, cause: unknown): UsageError {
  const reason = reasonOf(cause);
  return new UsageError(printable(`Cannot write ${path}: ${reason}; name another with ${option}`), {
    cause,
  });
}
