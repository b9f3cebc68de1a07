/**
 * Audio of jobs: local files, and objects of any bucket.
 *
 * @module
 */

import { bucketAddress, isBucketAddress, openStore } from "./open_store.ts";
import type { Store, StoreOptions } from "./store.ts";

/** An object in a store. */
export interface RemoteAudio {
  /** The store that has it. */
  readonly store: Store;
  /** Its key there. */
  readonly key: string;
}

/** Opens each bucket once. */
export class Sources {
  readonly #options: StoreOptions;
  readonly #buckets = new Map<string, Promise<Store>>();

  /**
   * Opens no bucket yet.
   *
   * @param options limits, and the address of the service
   */
  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /**
   * Returns where an object is; undefined for a local file.
   *
   * @param address `s3://bucket/key`, or a path
   * @throws {UsageError} if the address is none
   */
  async remote(address: string): Promise<RemoteAudio | undefined> {
    if (!isBucketAddress(address)) return undefined;
    const { bucket, prefix } = bucketAddress(address);
    let store = this.#buckets.get(bucket);
    if (store === undefined) {
      store = openStore(`s3://${bucket}`, this.#options);
      this.#buckets.set(bucket, store);
    }
    return { store: await store, key: prefix };
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    for (const store of this.#buckets.values()) (await store).close();
  }
}
