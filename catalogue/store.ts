/**
 * Objects by their keys: in a folder, or in a bucket of an S3-compatible store.
 *
 * @module
 */

import { type Patience, PermanentError } from "./patience.ts";

/** Facts of a stored object. */
export interface StoredObject {
  /** Key below the address of the store, with `/`. */
  readonly key: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** What changes with the content: the ETag without quotes; of a file, size and time of the last change. */
  readonly etag: string;
  /** Time of the last change. */
  readonly modified: Date;
}

/** Content of a new object: bytes, or a file that is read as a stream, with the hash that it must have; any by default. */
export type Content = Uint8Array | { readonly path: string; readonly sha256?: string };

/** A file has another content than the one whose hash was given. */
export class OtherContentError extends PermanentError {
  /** Name of the class in printed errors. */
  override name = "OtherContentError";

  /**
   * Makes the error.
   *
   * @param path path of the file
   */
  constructor(path: string) {
    super(`${path} has changed since it was added: add it again`);
  }
}

/** How an object is read. */
export interface FetchOptions {
  /** The ETag that the object must have; any by default. */
  readonly etag?: string;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A place of objects. All requests are repeated for a bounded time where the store fails, refuses, or is silent. */
export interface Store {
  /** Address, such as `s3://bucket/prefix` or the path of a folder. */
  readonly address: string;
  /** Returns the address of an object. */
  addressOf(key: string): string;
  /** Lists the objects whose keys begin with a text, in the order of the keys. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Returns the facts of an object; undefined where there is none. */
  find(key: string): Promise<StoredObject | undefined>;
  /** Reads a small object whole; undefined where there is none. */
  read(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * Copies an object to a file, as a stream, and checks its size.
   *
   * @throws {PermanentError} if there is no such object, or it has another ETag
   */
  fetch(key: string, path: string, options?: FetchOptions): Promise<StoredObject>;
  /**
   * Puts an object where there is none under its key. Another process sees the whole object or none.
   *
   * @returns false where there was one, which stays
   * @throws {OtherContentError} if the file has not the hash; there is no object then
   */
  putNew(key: string, content: Content, signal?: AbortSignal): Promise<boolean>;
  /** Ends its connections. */
  close(): void;
}

/** How a store is reached. */
export interface StoreOptions {
  /** How long requests are repeated. */
  readonly patience?: Patience;
  /** Address of an S3-compatible service; that of AWS, or `AWS_ENDPOINT_URL`, by default. */
  readonly endpoint?: string;
}

/** A bucket and what the keys in it begin with. */
export interface BucketAddress {
  readonly bucket: string;
  /** Prefix of the keys, without a slash at either end; empty for the whole bucket. */
  readonly prefix: string;
}

/** The store of the records refuses this machine: no track can be finished on it. */
export class StoreRefusedError extends Error {
  /** Name of the class in printed errors. */
  override name = "StoreRefusedError";
}

/**
 * Waits for a request to the store of the records.
 *
 * @throws {StoreRefusedError} instead of {@linkcode PermanentError}, which would concern one track
 */
export async function ofRecords<Result>(request: Promise<Result>): Promise<Result> {
  try {
    return await request;
  } catch (cause) {
    if (!(cause instanceof PermanentError)) throw cause;
    throw new StoreRefusedError(cause.message, { cause });
  }
}
