/**
 * Opens a store by its address.
 *
 * @module
 */

import { resolve } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import { PATIENCE, tellingPatience } from "./patience.ts";
import type { BucketAddress, Store, StoreOptions } from "./store.ts";

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;

/** Returns whether an address is one of an S3-compatible store. */
export function isBucketAddress(address: string): boolean {
  return /^s3:/i.test(address);
}

/**
 * Returns the parts of an address `s3://bucket/prefix`.
 *
 * @throws {UsageError} if it is none
 */
export function bucketAddress(address: string): BucketAddress {
  const [, bucket, prefix = ""] = BUCKET.exec(address) ?? [];
  if (bucket === undefined) {
    throw new UsageError(
      `Expected an address s3://BUCKET/PREFIX with a bucket of 3 to 63 small letters, digits, points and hyphens, but got ${address}`,
    );
  }
  return { bucket, prefix };
}

/**
 * Opens a store. A folder is made where it is missing; a bucket must exist.
 *
 * @param address `s3://bucket/prefix`, or the path of a folder
 * @param options limits, and the address of the service
 * @throws {UsageError} if the address is none
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  if (!isBucketAddress(address)) {
    const { FolderStore } = await import("./folder_store.ts");
    return new FolderStore(resolve(address), options.patience ?? PATIENCE);
  }
  const { S3Store } = await import("./s3_store.ts");
  return await S3Store.open(bucketAddress(address), options);
}

/**
 * Opens a store that tells now and then why a request is repeated.
 *
 * @param address as for {@linkcode openStore}
 * @param tell prints a message
 */
export async function openTellingStore(
  address: string,
  tell: (message: string) => void,
): Promise<Store> {
  return await openStore(address, { patience: tellingPatience(tell) });
}
