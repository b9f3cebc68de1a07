/**
 * Downloading a pinned file: complete and right, or not at all.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DownloadError, fileAddress, shownAddress } from "./request.ts";
import { lockFile } from "../../core/file_lock.ts";
import { folderError, PartialFile } from "./part.ts";
import { transfer } from "./transfer.ts";
import { hasSha256, isInstalled, type PinnedFile, shownSha256 } from "./pinned_file.ts";

/** How to download. */
export interface DownloadOptions {
  /** Folder of weights; made when it is missing. */
  readonly folder: string;
  /** A mirror: the address of a folder that has the files under their names. */
  readonly baseUrl?: string;
  /** For how long nothing may come, in seconds; 30 by default. */
  readonly timeoutSeconds?: number;
  /** How often to try again; 3 by default. */
  readonly retries?: number;
  /** How long to wait before the first retry, in seconds, doubled for each that follows; 1 by default. */
  readonly backoffSeconds?: number;
  /** Told how many bytes have come, and of how many where that is known. */
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void;
  /** Told what a person may want to know: a retry and why, another process that is waited for. */
  readonly onNote?: (note: string) => void;
}

/** The longest that a server is obeyed when it asks to be left alone. */
const LONGEST_WAIT_SECONDS = 60;

/**
 * Downloads a file, unless the folder has it.
 *
 * What has come is in a hidden file, `.NAME.part`, which is kept when the download is interrupted or given up, and continued
 * by the next call. The file gets its name only after its SHA-256 was found right.
 *
 * @param file which file
 * @param options where to, where from, with how much patience
 * @returns whether it was there, or had to be downloaded
 * @throws {DownloadError} if it cannot be had
 *
 * @example
 * ```ts no-assert
 * import { download } from "./download.ts";
 * import { HTDEMUCS_FILE } from "./published_files.ts";
 * const pull = () => download(HTDEMUCS_FILE, { folder: "weights" });
 * ```
 */
export async function download(
  file: PinnedFile,
  options: DownloadOptions,
): Promise<"installed" | "downloaded"> {
  const { folder, onNote } = options;
  const address = fileAddress(file, options.baseUrl);
  if (await isThere(folder, file)) return "installed";
  const lock = await takeLock(folder, file, onNote);
  try {
    // Whoever had the lock may have downloaded it.
    if (await isThere(folder, file)) return "installed";
    const part = await PartialFile.open(folder, file);
    try {
      await complete(file, address, part, options);
      await part.finish();
    } finally {
      await part.close();
    }
    return "downloaded";
  } finally {
    await lock.release();
  }
}

async function isThere(folder: string, file: PinnedFile): Promise<boolean> {
  try {
    return await isInstalled(folder, file);
  } catch (cause) {
    throw new DownloadError(
      "folder",
      `Cannot read ${join(folder, file.fileName)}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function takeLock(
  folder: string,
  { fileName }: PinnedFile,
  onNote: DownloadOptions["onNote"],
): ReturnType<typeof lockFile> {
  const path = join(folder, `.${fileName}.lock`);
  try {
    await mkdir(folder, { recursive: true });
    return await lockFile(path, () => onNote?.(`Another process downloads ${fileName}: waiting`));
  } catch (cause) {
    throw folderError(path, cause);
  }
}

/** Fills the part until it is the file. */
async function complete(
  file: PinnedFile,
  address: URL,
  part: PartialFile,
  options: DownloadOptions,
): Promise<void> {
  const { timeoutSeconds = 30, retries = 3, backoffSeconds = 1 } = options;
  if (part.bytes > file.maxBytes) await part.restart();
  if (await isComplete(file, part)) return;
  if (part.bytes === file.maxBytes) await part.restart();
  for (let attempt = 0;; attempt++) {
    const continued = part.bytes > 0;
    try {
      await transfer(file, address, part, {
        timeoutSeconds,
        onProgress: options.onProgress ?? (() => {}),
      });
      if (await isComplete(file, part)) return;
      throw await wrongContent(file, address, part, continued);
    } catch (error) {
      if (!(error instanceof DownloadError) || !error.transient) throw error;
      if (attempt >= retries) throw givenUp(part, attempt, error);
      const wait = Math.min(
        Math.max(backoffSeconds * 2 ** attempt, error.retryAfterSeconds),
        LONGEST_WAIT_SECONDS,
      );
      options.onNote?.(`${file.fileName}: ${error.message}; trying again in ${wait} s`);
      await sleep(wait * 1000);
    }
  }
}

async function isComplete(file: PinnedFile, part: PartialFile): Promise<boolean> {
  const mayBe = part.bytes >= file.minBytes && part.bytes <= file.maxBytes;
  return mayBe && hasSha256(file, await part.sha256());
}

/** Drops the part. Where two versions of the file may have been joined, another attempt may be right. */
async function wrongContent(
  file: PinnedFile,
  address: URL,
  part: PartialFile,
  continued: boolean,
): Promise<DownloadError> {
  const found = await part.sha256();
  await part.restart();
  return new DownloadError(
    "sha256",
    `${shownAddress(address)} is not the published file: expected SHA-256 ${shownSha256(file)}, ` +
      `got ${found}; what came was deleted`,
    { transient: continued },
  );
}

function givenUp(
  part: PartialFile,
  attempt: number,
  cause: DownloadError,
): DownloadError {
  const kept = part.bytes > 0
    ? `; the ${part.bytes} bytes that came are kept, and another call continues from there`
    : "";
  return new DownloadError(
    cause.problem,
    `${cause.message} (${attempt + 1} attempts)${kept}`,
    { cause },
  );
}
