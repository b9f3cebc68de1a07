/**
 * Objects in a bucket of an S3-compatible store.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { reasonOf } from "../core/reason.ts";
import { Buffer } from "node:buffer";
import { library, type S3Client, type S3Library, type S3Output } from "./libraries.ts";
import { type Attempt, PATIENCE, type Patience, patiently, PermanentError } from "./patience.ts";
import {
  type BucketAddress,
  type Content,
  type FetchOptions,
  OtherContentError,
  type Store,
  type StoredObject,
  type StoreOptions,
} from "./store.ts";

const ignore = (): void => {};
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A store in a bucket. */
export class S3Store implements Store {
  readonly #library: S3Library;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #patience: Patience;
  /** Address of the bucket and prefix. */
  readonly address: string;

  private constructor(
    library: S3Library,
    client: S3Client,
    { bucket, prefix }: BucketAddress,
    patience: Patience,
  ) {
    this.#library = library;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === "" ? "" : `${prefix.replace(/\/+$/, "")}/`;
    this.#patience = patience;
    this.address = `s3://${bucket}${prefix === "" ? "" : `/${prefix.replace(/\/+$/, "")}`}`;
  }

  /**
   * Opens a bucket. Credentials, region and endpoint are those of the environment and the configuration of AWS.
   *
   * @param address bucket and prefix
   * @param options limits, and the endpoint
   */
  static async open(address: BucketAddress, options: StoreOptions): Promise<S3Store> {
    const { endpoint = Deno.env.get("AWS_ENDPOINT_URL_S3") ?? Deno.env.get("AWS_ENDPOINT_URL") } =
      options;
    const s3 = await library("@aws-sdk/client-s3");
    const client = new s3.S3Client({
      // Attempts are counted and timed here, bodies included, which the client does not repeat.
      maxAttempts: 1,
      // It would print that it does not repeat them.
      logger: SILENT,
      ...(Deno.env.get("AWS_REGION") === undefined && { region: "us-east-1" }),
      // Other services than AWS have no name for each bucket.
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    });
    return new S3Store(s3, client, address, options.patience ?? PATIENCE);
  }

  /** Returns the address of an object. */
  addressOf(key: string): string {
    return `s3://${this.#bucket}/${this.#prefix}${key}`;
  }

  /** Lists objects in the order of their keys, a thousand a request. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    const Prefix = `${this.#prefix}${prefix}`;
    let token: string | undefined;
    do {
      const page = await this.#request(
        `Listing ${this.addressOf(prefix)}`,
        ({ signal }) =>
          this.#client.send(
            new this.#library.ListObjectsV2Command({
              ...{ Bucket: this.#bucket, Prefix },
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            { abortSignal: signal },
          ),
      );
      for (const { Key = "", Size, ETag, LastModified } of page.Contents ?? []) {
        yield facts(Key.slice(this.#prefix.length), { ContentLength: Size, ETag, LastModified });
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Returns the facts of an object; undefined where there is none. */
  async find(key: string): Promise<StoredObject | undefined> {
    return await this.#request(`Finding ${this.addressOf(key)}`, async ({ signal }) => {
      try {
        const command = new this.#library.HeadObjectCommand(this.#object(key));
        const head = await this.#client.send(command, { abortSignal: signal });
        return facts(key, head);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  /** Reads an object whole; undefined where there is none. */
  async read(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return await this.#request(`Reading ${this.addressOf(key)}`, async (attempt) => {
      try {
        const got = await this.#get(key, {}, attempt);
        const parts: Uint8Array[] = [];
        for await (const part of told(got.Body as Readable, attempt)) parts.push(part);
        const bytes = Buffer.concat(parts);
        ensureWhole(bytes.length, got);
        return bytes;
      } catch (error) {
        if (statusOf(error) === 404 && (error as Error).name === "NoSuchKey") return undefined;
        throw error;
      }
    }, signal);
  }

  /** Copies an object to a file, as a stream. */
  async fetch(key: string, path: string, options: FetchOptions = {}): Promise<StoredObject> {
    return await this.#request(`Reading ${this.addressOf(key)}`, async (attempt) => {
      const got = await this.#get(key, options, attempt);
      let bytes = 0;
      await pipeline(
        got.Body as Readable,
        async function* (parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
          for await (const part of told(parts, attempt)) {
            bytes += part.length;
            yield part;
          }
        },
        createWriteStream(path),
        { signal: attempt.signal },
      );
      ensureWhole(bytes, got);
      return facts(key, got);
    }, options.signal);
  }

  /** Puts an object where there is none under its key. */
  async putNew(key: string, content: Content, signal?: AbortSignal): Promise<boolean> {
    const ContentLength = "path" in content ? (await stat(content.path)).size : content.length;
    return await this.#request(`Writing ${this.addressOf(key)}`, async (attempt) => {
      const other = new AbortController();
      const onOther = (error: Error): void => other.abort(error);
      const file = "path" in content ? createReadStream(content.path) : undefined;
      const Body = file === undefined
        ? content as Uint8Array
        : Readable.from(checked(told(file, attempt), content as FileContent, onOther));
      try {
        const command = new this.#library.PutObjectCommand({
          ...{ ...this.#object(key), Body, ContentLength, IfNoneMatch: "*" },
        });
        const abortSignal = AbortSignal.any([attempt.signal, other.signal]);
        await this.#client.send(command, { abortSignal });
        return true;
      } catch (error) {
        if (other.signal.aborted) throw other.signal.reason;
        if (statusOf(error) === 412) return false;
        throw error;
      } finally {
        file?.destroy();
      }
    }, signal);
  }

  /** Ends the connections. */
  close(): void {
    this.#client.destroy();
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }

  async #get(key: string, { etag }: FetchOptions, { signal }: Attempt): Promise<S3Output> {
    const command = new this.#library.GetObjectCommand({
      ...this.#object(key),
      ...(etag !== undefined && { IfMatch: `"${etag}"` }),
    });
    return await this.#client.send(command, { abortSignal: signal });
  }

  async #request<Result>(
    what: string,
    request: (attempt: Attempt) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return await patiently(what, this.#patience, async (attempt) => {
      try {
        return await request(attempt);
      } catch (error) {
        throw permanent(what, error) ?? error;
      }
    }, signal);
  }
}

/** Statuses that no repetition changes. Of the others, 409 is a put at the same time, and 400 may be a request that was cut. */
const PERMANENT: Readonly<Record<number, string>> = {
  401: "the store does not know the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  403: "the store does not allow it to these credentials",
  404: "there is no such object or bucket",
  412: "it has changed since it was added",
};

function permanent(what: string, error: unknown): PermanentError | undefined {
  const reason = PERMANENT[statusOf(error) ?? 0];
  if (reason === undefined) return undefined;
  return new PermanentError(
    `${what} failed: ${reason} (${(error as Error).name}: ${reasonOf(error)})`,
    {
      cause: error,
    },
  );
}

function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
    ?.httpStatusCode;
}

function facts(
  key: string,
  { ContentLength = 0, ETag = "", LastModified }: {
    readonly ContentLength?: number | undefined;
    readonly ETag?: string | undefined;
    readonly LastModified?: Date | undefined;
  },
): StoredObject {
  return {
    key,
    bytes: ContentLength,
    etag: withoutQuotes(ETag),
    modified: LastModified ?? new Date(0),
  };
}

/** Passes the parts of a stream on, and tells that the attempt is not idle. */
async function* told(
  parts: AsyncIterable<Uint8Array>,
  { alive }: Attempt,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    alive();
    yield part;
  }
}

type FileContent = Exclude<Content, Uint8Array>;

/** Passes the parts of a file on; its last part only where its hash is the given one, so that the request is not complete. */
async function* checked(
  parts: AsyncIterable<Uint8Array>,
  { path, sha256 }: FileContent,
  onOther: (error: Error) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let last: Uint8Array | undefined;
  for await (const part of parts) {
    if (last !== undefined) yield last;
    hash.update(part);
    last = part;
  }
  if (sha256 !== undefined && sha256 !== hash.digest("hex")) {
    // The request is aborted by that: an error of its body would have no receiver.
    onOther(new OtherContentError(path));
    return;
  }
  if (last !== undefined) yield last;
}

function ensureWhole(bytes: number, { ContentLength }: S3Output): void {
  if (ContentLength === undefined || bytes === ContentLength) return;
  throw new Error(`the answer has ${bytes} bytes of ${ContentLength}`);
}

function withoutQuotes(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}
