/**
 * Adds tracks to a queue, without those that have a record.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { fileSha256 } from "../core/hash.ts";
import { AUDIO_ENDING } from "../pipeline/mod.ts";
import { idOfRecord, type Job, jobId, recordKey, RECORDS } from "./job.ts";
import type { AddOptions, CatalogueQueue } from "./queue.ts";
import type { Sources } from "./sources.ts";
import type { Store } from "./store.ts";

/** What became of the tracks of a call. */
export interface Added {
  /** Number of tracks that were added to the queue. */
  readonly added: number;
  /** Number of tracks that the queue had. */
  readonly queued: number;
  /** Number of tracks that have a record. */
  readonly done: number;
  /** Number of tracks of the same audio as an earlier one. */
  readonly same: number;
}

/** Audio with its content. */
export type Audio = Omit<Job, "settings">;

/** Tracks that are added in one request. */
const BATCH = 1000;

/** Requests to the store at the same time. */
const REQUESTS = 16;

/**
 * Returns the audio of a local file.
 *
 * @param path absolute path
 * @throws if there is no such file
 */
export async function audioFile(path: string): Promise<Audio> {
  const { size } = await stat(path);
  return { source: path, content: `sha256:${await fileSha256(path)}`, bytes: size };
}

/**
 * Lists the audio of a bucket: the objects below a prefix whose names have an ending of audio, or the one of this name.
 *
 * @param address `s3://bucket/prefix`
 * @param sources opens the bucket
 */
export async function* audioObjects(address: string, sources: Sources): AsyncGenerator<Audio> {
  const { store, key: prefix } = (await sources.remote(address))!;
  for await (const { key, etag, bytes } of store.list(prefix)) {
    if (key !== prefix && !AUDIO_ENDING.test(key)) continue;
    yield { source: store.addressOf(key), content: `etag:${etag}`, bytes };
  }
}

/**
 * Adds tracks to a queue.
 *
 * @param audio the audio
 * @param settings hash of the settings
 * @param queue the queue
 * @param store store of the records
 * @param options priority and attempts
 */
export async function addTracks(
  audio: AsyncIterable<Audio>,
  settings: string,
  queue: CatalogueQueue,
  store: Store,
  options: AddOptions,
): Promise<Added> {
  const counts = { added: 0, queued: 0, done: 0, same: 0 };
  const records = new Records(store);
  let batch = new Map<string, Job>();
  const flush = async (): Promise<void> => {
    const done = await records.among([...batch.keys()]);
    const open = new Map([...batch].filter(([id]) => !done.has(id)));
    const known = await queue.add(open, options);
    counts.done += done.size;
    counts.queued += known.size;
    counts.added += open.size - known.size;
    batch = new Map();
  };
  for await (const one of audio) {
    const job: Job = { ...one, settings };
    const id = jobId(job);
    if (batch.has(id)) counts.same++;
    else batch.set(id, job);
    if (batch.size >= BATCH) await flush();
  }
  await flush();
  return counts;
}

/** The records of a store: asked for one by one where there are few tracks, else listed once. */
class Records {
  readonly #store: Store;
  #all: Promise<Set<string>> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Returns the ids that have a record. */
  async among(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length >= BATCH) this.#all ??= this.#list();
    const all = await this.#all;
    if (all !== undefined) return new Set(ids.filter((id) => all.has(id)));
    const found = new Set<string>();
    const rest = [...ids];
    await Promise.all(Array.from({ length: REQUESTS }, async () => {
      for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
        if (await this.#store.find(recordKey(id)) !== undefined) found.add(id);
      }
    }));
    return found;
  }

  async #list(): Promise<Set<string>> {
    const all = new Set<string>();
    for await (const { key } of this.#store.list(RECORDS)) {
      const id = idOfRecord(key);
      if (id !== undefined) all.add(id);
    }
    return all;
  }
}
