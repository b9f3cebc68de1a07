/**
 * Analyses by the workers of a catalogue: the audio goes to the store, the job to the queue on Redis, and the record of a
 * worker is the result.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  type AnalysisSettings,
  CatalogueQueue,
  type HostOptions,
  type Job,
  jobId,
  type JobLimits,
  keepSettings,
  openTellingStore,
  OtherContentError,
  recordKey,
  type Store,
  type TrackRecord,
} from "../catalogue/mod.ts";
import { orAborted } from "../core/abort.ts";
import { bytesSha256 } from "../core/hash.ts";
import { reasonOf } from "../core/reason.ts";
import { spacedCalls } from "../core/spaced_calls.ts";
import { resultToJson } from "../pipeline/mod.ts";
import { CHANGED, withoutPath } from "./analysis_work.ts";
import {
  GivenBack,
  type Work,
  type WorkItem,
  type WorkOptions,
  type WorkOutcome,
} from "./job_queue.ts";

/** Where a catalogue is. */
export interface CatalogueAddress {
  /** Address of Redis or Valkey. */
  readonly redis: string;
  /** Name of the queue. */
  readonly queue: string;
  /** Address of the store: a folder that the workers share, or a bucket. */
  readonly store: string;
}

/** Times that workers try a track. */
const ATTEMPTS = 3;

/** Milliseconds between two questions how far a track is. */
const POLL_MS = 300;

/** Milliseconds between two messages that Redis does not answer. */
const MESSAGE_MS = 60_000;

/** A catalogue whose workers analyse what the service receives. */
export class CatalogueWork implements AsyncDisposable {
  readonly #queue: CatalogueQueue;
  readonly #store: Store;
  readonly #settings: string;
  readonly #limits: JobLimits;

  private constructor(
    queue: CatalogueQueue,
    store: Store,
    settings: string,
    limits: JobLimits,
  ) {
    this.#queue = queue;
    this.#store = store;
    this.#settings = settings;
    this.#limits = limits;
  }

  /**
   * Connects to a catalogue, and keeps the settings in its store.
   *
   * @param address where it is
   * @param settings settings of the analyses
   * @param limits which audio is refused
   * @param host folder of the weights, whose hashes are part of the settings
   * @throws {UsageError | ModelError} if Redis does not answer, or the weights cannot be loaded
   */
  static async open(
    address: CatalogueAddress,
    settings: AnalysisSettings,
    limits: JobLimits,
    host: HostOptions,
  ): Promise<CatalogueWork> {
    const queue = await CatalogueQueue.open(
      { redis: address.redis, name: address.queue },
      spacedCalls(
        MESSAGE_MS,
        (error: Error) =>
          console.error(`Redis does not answer and is asked again: ${reasonOf(error)}`),
      ),
    );
    try {
      const store = await openTellingStore(address.store, console.error);
      return new CatalogueWork(queue, store, await keepSettings(settings, host, store), limits);
    } catch (error) {
      await queue[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Hash of weights, settings and program version. */
  get settings(): string {
    return bytesSha256(new TextEncoder().encode(this.#settings));
  }

  /** The work of a queue. Where it is given back, the workers go on, and the next start takes the result. */
  get work(): Work {
    return async (item, options) => {
      const { signal } = options;
      const job = await this.#jobOf(item, signal);
      const id = jobId(job);
      try {
        await orAborted(this.#submit(id, job), signal);
        return await this.#record(id, item, options);
      } catch (error) {
        if (signal.aborted && !(signal.reason instanceof GivenBack)) await this.#queue.remove(id);
        throw error;
      }
    };
  }

  /** Puts audio into the store, where all workers reach it. */
  async #jobOf({ path, sha256, bytes }: WorkItem, signal: AbortSignal): Promise<Job> {
    const ending = /\.[a-z0-9]{1,8}$/i.exec(path)?.[0].toLowerCase() ?? "";
    const key = `uploads/${sha256.slice(0, 2)}/${sha256}${ending}`;
    if (await this.#store.find(key) === undefined) {
      await this.#store.putNew(key, { path, sha256 }, signal).catch((error) => {
        throw error instanceof OtherContentError ? new Error(CHANGED, { cause: error }) : error;
      });
    }
    const source = this.#store.addressOf(key);
    return { source, content: `sha256:${sha256}`, bytes, settings: this.#settings };
  }

  /** Adds a job, unless there is its record; one that failed before is tried again. */
  async #submit(id: string, job: Job): Promise<void> {
    if (await this.#store.find(recordKey(id)) !== undefined) return;
    const options = { attempts: ATTEMPTS, limits: this.#limits };
    const known = await this.#queue.add(new Map([[id, job]]), options);
    if (!known.has(id) || (await this.#queue.find(id))?.state !== "failed") return;
    await this.#queue.retryDead(id);
  }

  /** Waits for the record of a job. */
  async #record(id: string, item: WorkItem, options: WorkOptions): Promise<WorkOutcome> {
    const { signal, onProgress } = options;
    for (;;) {
      const track = await orAborted(this.#queue.find(id), signal);
      if (track?.state === "failed") {
        throw new Error(withoutPath(track.reason, track.source, item.name));
      }
      if (track?.progress !== undefined) onProgress(track.progress);
      // The queue forgets what is done after a while.
      if (track === undefined || track.state === "completed") {
        const bytes = await this.#store.read(recordKey(id), signal);
        if (bytes === undefined) throw new Error("The analysis was taken out of the queue");
        const { result, run }: TrackRecord = JSON.parse(new TextDecoder().decode(bytes));
        return {
          result: resultToJson({ ...result, path: item.name }),
          ...{ seconds: run.audio_seconds, warnings: [] },
        };
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** Ends the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
    this.#store.close();
  }
}
