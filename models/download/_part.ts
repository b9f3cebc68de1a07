/**
 * Partial files of downloads.
 *
 * @module
 */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../../core/hash.ts";
import { reasonOf } from "../../core/reason.ts";
import { partialFiles, type PinnedFile } from "./pinned_file.ts";
import { DownloadError } from "./request.ts";

/**
 * Partial content of a download, stored as `.NAME.part` next to the target, so that a later call can continue.
 * `.NAME.part.version` stores the version of the file that the server reported.
 */
export class PartialFile {
  readonly #path: string;
  readonly #target: string;
  readonly #file: Deno.FsFile;
  #bytes: number;
  #isOpen = true;
  #version: string | undefined;

  private constructor(target: string, path: string, file: Deno.FsFile, bytes: number) {
    this.#target = target;
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens the existing part, or an empty one. */
  static async open(folder: string, pinned: PinnedFile): Promise<PartialFile> {
    const [path] = partialFiles(folder, pinned);
    const target = join(folder, pinned.fileName);
    try {
      const file = await Deno.open(path, { create: true, append: true });
      const part = new PartialFile(target, path, file, (await file.stat()).size);
      part.#version = await readFile(part.#versionPath, "utf8").catch(() => undefined);
      return part;
    } catch (cause) {
      throw folderError(path, cause);
    }
  }

  /** Number of bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Version of the file that the server reported: a strong ETag or a date. */
  get version(): string | undefined {
    return this.#version;
  }

  get #versionPath(): string {
    return `${this.#path}.version`;
  }

  /** Deletes the content, and stores the version of the content that follows. */
  async restart(version?: string): Promise<void> {
    await this.#guarded(async () => {
      await this.#file.truncate(0);
      this.#bytes = 0;
      this.#version = version;
      if (version === undefined) await rm(this.#versionPath, { force: true });
      else await writeFile(this.#versionPath, version);
    });
  }

  /** Appends content. */
  async append(chunk: Uint8Array): Promise<void> {
    await this.#guarded(async () => {
      for (let written = 0; written < chunk.length;) {
        written += await this.#file.write(chunk.subarray(written));
      }
    });
    this.#bytes += chunk.length;
  }

  /** Computes the SHA-256 of the stored content. */
  sha256(): Promise<string> {
    return fileSha256(this.#path);
  }

  /** Renames the part to the target. */
  async finish(): Promise<void> {
    await this.#guarded(async () => {
      await this.#file.sync();
      this.#closeFile();
      await rename(this.#path, this.#target);
      await rm(this.#versionPath, { force: true });
    });
  }

  /** Closes the part and keeps its content for another call; an empty part is removed. */
  async close(): Promise<void> {
    this.#closeFile();
    if (this.#bytes > 0) return;
    await rm(this.#path, { force: true });
    await rm(this.#versionPath, { force: true });
  }

  #closeFile(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      throw folderError(this.#path, cause);
    }
  }
}

/** Returns the error for a folder that cannot be written. */
export function folderError(path: string, cause: unknown): DownloadError {
  const { code } = cause as NodeJS.ErrnoException;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new DownloadError(
    "folder",
    isFull
      ? `Cannot write ${path}: the disk is full; free some space and repeat the call, or name another ` +
        "folder with --weights-dir or TACTUS_MODELS_DIR"
      : `Cannot write ${path}: ${reasonOf(cause)}; name another folder with --weights-dir or ` +
        "TACTUS_MODELS_DIR",
    { cause },
  );
}
