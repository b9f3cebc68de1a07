/**
 * Downloads pinned files. A file appears in its place only after its SHA-256 was verified.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DownloadError, fileAddress, shownAddress } from "./request.ts";
import { lockFile } from "../../core/file_lock.ts";
import { reasonOf } from "../../core/reason.ts";
import { folderError, PartialFile } from "./_part.ts";
import { transfer } from "./_transfer.ts";
import { hasSha256, isInstalled, type PinnedFile, shownSha256 } from "./pinned_file.ts";

/** Options of a download. */
export interface DownloadOptions {
  /** Folder of weights; created if it is missing. */
  readonly folder: string;
  /** Address of a mirror: a folder that has the files under their names. */
  readonly baseUrl?: string;
  /** Longest time without data, seconds; 30 by default. */
  readonly timeoutSeconds?: number;
  /** Number of retries; 3 by default. */
  readonly retries?: number;
  /** Delay before the first retry, seconds, doubled for each further one; 1 by default. */
  readonly backoffSeconds?: number;
  /** Receives the number of bytes so far, and the total if it is known. */
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void;
  /** Receives messages for the user: a retry and its reason, another process that is waited for. */
  readonly onNote?: (note: string) => void;
}

/** Longest delay before a retry, seconds, even if the server asks for more. */
const LONGEST_WAIT_SECONDS = 60;

/**
 * Downloads a file, unless the folder already has it.
 *
 * Partial content is stored in a hidden file, `.NAME.part`. It is kept if the download is interrupted or fails, and the
 * next call continues it. The file is renamed into place after its SHA-256 was verified.
 *
 * @param file file to download
 * @param options folder, mirror, timeouts and retries
 * @returns whether the file was installed already or was downloaded
 * @throws {DownloadError} if the file cannot be downloaded
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
    // The previous holder of the lock may have downloaded it.
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
      `Cannot read ${join(folder, file.fileName)}: ${reasonOf(cause)}`,
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
    return await lockFile(
      path,
      () => onNote?.(`Waiting for another process that downloads ${fileName}`),
    );
  } catch (cause) {
    throw folderError(path, cause);
  }
}

/** Downloads until the part is the whole file. */
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

/** Deletes the part. If it may have joined two versions of the file, another attempt may succeed. */
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
      `got ${found}; the downloaded content was deleted`,
    { transient: continued },
  );
}

function givenUp(
  part: PartialFile,
  attempt: number,
  cause: DownloadError,
): DownloadError {
  const kept = part.bytes > 0
    ? `; the first ${part.bytes} bytes are kept, and the next call continues from there`
    : "";
  return new DownloadError(
    cause.problem,
    `${cause.message} (${attempt + 1} attempts)${kept}`,
    { cause },
  );
}
