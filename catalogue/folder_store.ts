/**
 * Objects as files of a folder, which several machines may share.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import type { Dirent, Stats } from "node:fs";
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileSha256 } from "../core/hash.ts";
import { reasonOf } from "../core/reason.ts";
import { type Patience, patiently, PermanentError } from "./patience.ts";
import {
  type Content,
  type FetchOptions,
  OtherContentError,
  type Store,
  type StoredObject,
} from "./store.ts";

/** Name of a file that is not yet an object. */
const UNFINISHED = /^\..+\.unfinished$/;

/** Errors that waiting does not remove: the folder is read-only, or of another user. */
const REFUSALS: readonly (string | undefined)[] = ["EROFS", "EACCES", "EPERM"];

/** A store in a folder. */
export class FolderStore implements Store {
  /** Absolute path of the folder. */
  readonly address: string;

  readonly #patience: Patience;

  /**
   * @param folder absolute path of the folder; made where it is missing
   * @param patience how long writing is repeated where it fails, such as on a full disk
   */
  constructor(folder: string, patience: Patience) {
    this.address = folder;
    this.#patience = patience;
  }

  /** Returns the path of an object. */
  addressOf(key: string): string {
    return join(this.address, ...key.split("/"));
  }

  /** Lists objects in the order of their keys. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    yield* this.#below("", prefix);
  }

  async *#below(folder: string, prefix: string): AsyncGenerator<StoredObject> {
    const entries = await readdir(this.addressOf(folder), { withFileTypes: true }).catch(
      absent<Dirent[]>([]),
    );
    // A folder comes where its name with a slash does.
    const keyed = entries.map((entry) => ({
      entry,
      key: `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`,
    })).sort((a, b) => a.key < b.key ? -1 : 1);
    for (const { entry, key } of keyed) {
      if (UNFINISHED.test(entry.name)) continue;
      if (entry.isDirectory()) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* this.#below(key, prefix);
      } else if (key.startsWith(prefix)) {
        const found = await this.find(key);
        if (found !== undefined) yield found;
      }
    }
  }

  /** Returns the facts of a file; undefined where there is none. */
  async find(key: string): Promise<StoredObject | undefined> {
    const found = await stat(this.addressOf(key)).catch(absent<undefined>(undefined));
    return found?.isFile() ? facts(key, found) : undefined;
  }

  /** Reads a file whole; undefined where there is none. */
  async read(key: string): Promise<Uint8Array | undefined> {
    return await readFile(this.addressOf(key)).catch(absent<undefined>(undefined));
  }

  /** Copies a file. */
  async fetch(
    key: string,
    path: string,
    { etag, signal }: FetchOptions = {},
  ): Promise<StoredObject> {
    const found = await this.find(key);
    if (found === undefined) throw new PermanentError(`There is no ${this.addressOf(key)}`);
    if (etag !== undefined && etag !== found.etag) {
      throw new PermanentError(`${this.addressOf(key)} has changed since it was added`);
    }
    await copyFile(this.addressOf(key), path);
    signal?.throwIfAborted();
    return found;
  }

  /** Writes a file where there is none: whole under another name, on the disk, and then linked. */
  async putNew(key: string, content: Content, signal?: AbortSignal): Promise<boolean> {
    const what = `Writing ${this.addressOf(key)}`;
    return await patiently(
      what,
      { ...this.#patience, idleSeconds: this.#patience.seconds },
      async () => {
        try {
          return await this.#put(key, content);
        } catch (cause) {
          if (!REFUSALS.includes((cause as NodeJS.ErrnoException).code)) throw cause;
          throw new PermanentError(`${what} failed: ${reasonOf(cause)}`, { cause });
        }
      },
      signal,
    );
  }

  async #put(key: string, content: Content): Promise<boolean> {
    const path = this.addressOf(key);
    await mkdir(dirname(path), { recursive: true });
    const temporary = join(dirname(path), `.${randomUUID()}.unfinished`);
    try {
      if ("path" in content) {
        await copyFile(content.path, temporary);
        const { path, sha256 } = content;
        if (sha256 !== undefined && sha256 !== await fileSha256(temporary)) {
          throw new OtherContentError(path);
        }
      }
      const file = await open(temporary, "path" in content ? "r+" : "w");
      try {
        if (!("path" in content)) await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await link(temporary, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Does nothing: a folder has no connections. */
  close(): void {}
}

function facts(key: string, { size, mtime }: Stats): StoredObject {
  return { key, bytes: size, etag: `${size}-${mtime.getTime()}`, modified: mtime };
}

/** Returns a handler that takes a file that does not exist for a value. */
function absent<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return value;
    throw error;
  };
}
