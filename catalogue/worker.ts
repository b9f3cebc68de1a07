/**
 * A worker: takes tracks from the queue, one after the other or a few side by side, until it is stopped.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CALL } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { spacedCalls } from "../core/spaced_calls.ts";
import { TooLongError } from "../pipeline/mod.ts";
import { library, type QueuedJob, type QueueLibrary, type Worker } from "./libraries.ts";
import { analyzeJob } from "./analyze_job.ts";
import { type Job, recordKey } from "./job.ts";
import { LoadedSettings } from "./loaded_settings.ts";
import type { Log } from "./log.ts";
import type { WorkerMetrics } from "./metrics.ts";
import { PermanentError } from "./patience.ts";
import type { CatalogueQueue, QueueCounts } from "./queue.ts";
import { type HostOptions, OtherSettingsError } from "./settings.ts";
import { Sources } from "./sources.ts";
import { ofRecords, type Store, type StoreOptions, StoreRefusedError } from "./store.ts";
import { withWorkerFolder } from "./worker_scratch.ts";

/** Settings of a worker. */
export interface CatalogueWorkerOptions extends HostOptions, StoreOptions {
  /** Name of the worker, which the records tell. */
  readonly name: string;
  /** Tracks side by side. */
  readonly concurrency: number;
  /** Seconds that running tracks may take after the worker was asked to stop; then they are given back. */
  readonly graceSeconds: number;
  /** Whether the worker ends when the queue is empty. */
  readonly untilEmpty: boolean;
  /** Seconds after which the track of a worker that does not answer is taken by another one. */
  readonly lockSeconds: number;
  /** Folder for audio; the temporary folder of the system by default. */
  readonly scratch?: string;
  /** Receives now and then why the worker has no track although the queue is not empty. */
  readonly onWaiting?: (reason: string) => void;
}

/** How many times a track may be left by workers that end without a word: it may be what ends them. */
const MOST_STALLS = 5;

/** Least time between two messages of the progress of a track. */
const PROGRESS_MILLISECONDS = 1000;

/** Time between two looks whether the queue is empty. */
const POLL_MILLISECONDS = 500;

/** Time without a track after which a worker that ends when the queue is empty tells why it does not. */
const IDLE_MILLISECONDS = 10_000;

/** Least time between two messages that a worker waits. */
const MESSAGE_MILLISECONDS = 60_000;

/** The reason with which a track is given back. */
const RETURNED = "Given back: the worker stops";

/** The reason with which a track is cancelled. */
const CANCELLED = "Cancelled";

/** Takes tracks from a queue. */
export class CatalogueWorker {
  readonly #queue: CatalogueQueue;
  readonly #store: Store;
  readonly #options: CatalogueWorkerOptions;
  readonly #metrics: WorkerMetrics;
  readonly #log: Log;
  readonly #return = new AbortController();
  #worker: Worker | undefined;
  #stopping: Promise<void> | undefined;
  #fatal: unknown;
  /** Tracks that run. */
  #running = 0;

  /**
   * Takes no track yet.
   *
   * @param queue queue of the tracks
   * @param store store of the records
   * @param options settings
   * @param metrics counts the tracks
   * @param log receives an event for each track
   */
  constructor(
    queue: CatalogueQueue,
    store: Store,
    options: CatalogueWorkerOptions,
    metrics: WorkerMetrics,
    log: Log,
  ) {
    this.#queue = queue;
    this.#store = store;
    this.#options = options;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Whether the worker takes tracks. */
  get isTaking(): boolean {
    return this.#worker !== undefined && this.#stopping === undefined;
  }

  /**
   * Takes tracks until the worker is stopped, or the queue is empty.
   *
   * @throws {OtherSettingsError | StoreRefusedError | ModelError | DeviceError | KernelLoadError} if this machine cannot analyse
   * the tracks, which go back to the queue
   */
  async run(): Promise<void> {
    const { name, concurrency, lockSeconds, scratch } = this.#options;
    const bullmq = await library("bullmq");
    const listener = this.#queue.redis.duplicate();
    listener.on("error", () => {});
    await withWorkerFolder(async (folder) => {
      await using settings = new LoadedSettings(this.#options, this.#store);
      const sources = new Sources(this.#options);
      const worker = new bullmq.Worker(
        this.#queue.address.name,
        (job, token, signal) =>
          this.#work(job, token, signal!, { bullmq, settings, sources, folder }),
        {
          connection: this.#queue.redis as never,
          ...{ name, concurrency, autorun: false, maxStalledCount: MOST_STALLS },
          ...{ lockDuration: 1000 * lockSeconds, stalledInterval: 500 * lockSeconds },
          metrics: { maxDataPoints: 24 * 60 },
        },
      );
      this.#watch(worker);
      listener.on("message", (_, id) => worker.cancelJob(id, CANCELLED));
      await listener.subscribe(this.#queue.cancelChannel);
      this.#worker = worker;
      this.#log("info", "worker started", { queue: this.#queue.address.name, concurrency });
      const running = worker.run();
      void this.#watchQueue();
      await running;
      await this.#stopping;
      await sources.close();
    }, scratch);
    listener.disconnect();
    this.#log("info", "worker stopped");
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  /** Takes no further tracks, and ends when those that run are done, or have been given back after the time for that. */
  stop(): void {
    this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    const { graceSeconds } = this.#options;
    this.#log("info", "worker stops", { grace_seconds: graceSeconds });
    const timer = setTimeout(() => this.#return.abort(RETURNED), 1000 * graceSeconds);
    await this.#worker?.close();
    clearTimeout(timer);
  }

  /** Stops the worker when the queue is empty, where it is to end then; tells why it has nothing to do. */
  async #watchQueue(): Promise<void> {
    const { untilEmpty, onWaiting } = this.#options;
    const tell = spacedCalls(MESSAGE_MILLISECONDS, (reason: string, counts: QueueCounts) => {
      this.#log("warn", "worker waits", { reason, ...counts });
      onWaiting?.(reason);
    });
    const poll = untilEmpty ? POLL_MILLISECONDS : MESSAGE_MILLISECONDS;
    for (let idle = 0; this.#stopping === undefined; idle += poll) {
      if (this.#running > 0) idle = 0;
      else {
        // Redis may be away; it comes back, or the worker is stopped.
        const counts = await this.#queue.counts().catch(() => undefined);
        const isPaused = await this.#queue.isPaused().catch(() => false);
        const reason = counts && this.#reasonToWait(counts, isPaused);
        if (reason === undefined && counts !== undefined && untilEmpty) return this.stop();
        if (reason !== undefined && (isPaused || untilEmpty && idle >= IDLE_MILLISECONDS)) {
          tell(reason, counts!);
        }
      }
      await sleep(poll, undefined, { ref: false });
    }
  }

  /** Returns why a worker without a track waits; undefined where the queue is empty. */
  #reasonToWait(
    { waiting, delayed, active }: QueueCounts,
    isPaused: boolean,
  ): string | undefined {
    const { name } = this.#queue.address;
    if (isPaused && waiting + delayed > 0) {
      return `The queue ${name} is paused (tracks that wait: ${waiting + delayed}): ` +
        `let workers take them with ${CALL} catalogue resume --queue ${name}`;
    }
    if (waiting + delayed + active === 0) return undefined;
    return `Waiting until the queue ${name} is empty (tracks with other workers: ${active}, for another attempt: ${delayed}, ` +
      `for their turn: ${waiting})`;
  }

  #watch(worker: Worker): void {
    worker.on("error", (error) => this.#log("warn", "queue error", { reason: reasonOf(error) }));
    worker.on("stalled", (job) => this.#log("warn", "track taken from a silent worker", { job }));
    worker.on("lockRenewalFailed", (jobs) => this.#log("warn", "lock not renewed", { jobs }));
    worker.on("failed", (job, error) => {
      const source = (job?.data as Job | undefined)?.source;
      this.#metrics.track("failed");
      this.#log("error", "track failed", {
        ...{ job: job?.id, source, attempt: job?.attemptsMade, reason: reasonOf(error) },
      });
    });
  }

  async #work(
    queued: QueuedJob,
    token: string | undefined,
    cancelled: AbortSignal,
    { bullmq, settings, sources, folder }: {
      readonly bullmq: QueueLibrary;
      readonly settings: LoadedSettings;
      readonly sources: Sources;
      readonly folder: string;
    },
  ): Promise<unknown> {
    const { id = "", attemptsMade } = queued;
    const job: Job = queued.data;
    const signal = AbortSignal.any([cancelled, this.#return.signal]);
    let own: string | undefined;
    this.#running++;
    try {
      // An earlier worker may have put the record and ended before it could tell.
      if (await ofRecords(this.#store.find(recordKey(id))) !== undefined) {
        this.#metrics.track("known");
        this.#log("info", "track known", { job: id, source: job.source });
        return { known: true };
      }
      // This worker may have the track twice: its lock is lost while Redis is away.
      const files = own = await Deno.makeTempDir({ dir: folder, prefix: `${id}-` });
      return await settings.use(job.settings, async (loaded) => {
        const { record: { run }, isKept } = await analyzeJob(id, job, {
          ...{ ...loaded, sources, store: this.#store, folder: files, signal },
          run: { worker: this.#options.name, attempt: attemptsMade + 1 },
          onProgress: progressOf(queued),
        }).catch((error) => {
          if (loaded.analyzer.concernsAllTracks(error)) this.#fail(error);
          throw error;
        });
        this.#metrics.track(isKept ? "done" : "known");
        this.#metrics.run(run);
        this.#log("info", isKept ? "track done" : "track known", {
          ...{ job: id, source: job.source, attempt: run.attempt, seconds: run.seconds },
          ...{ audio_seconds: run.audio_seconds, stages: run.stages },
        });
        return { seconds: run.seconds, audio_seconds: run.audio_seconds };
      });
    } catch (error) {
      if (error instanceof OtherSettingsError || error instanceof StoreRefusedError) {
        this.#fail(error);
      }
      if (cancelled.aborted && !this.#return.signal.aborted) {
        throw new bullmq.UnrecoverableError(CANCELLED);
      }
      if (this.#return.signal.aborted) {
        await queued.moveToWait(token);
        this.#metrics.track("returned");
        this.#log("warn", "track given back", { job: id, source: job.source });
        throw new bullmq.WaitingError();
      }
      if (error instanceof PermanentError || error instanceof TooLongError) {
        throw new bullmq.UnrecoverableError(error.message);
      }
      throw error;
    } finally {
      this.#running--;
      if (own !== undefined) await rm(own, { recursive: true, force: true });
    }
  }

  /** Stops the worker for an error that other tracks would have too. */
  #fail(error: unknown): void {
    this.#fatal ??= error;
    this.#return.abort(RETURNED);
    this.stop();
  }
}

/** Returns a receiver of the progress of a track, which tells the queue now and then. */
function progressOf(
  job: QueuedJob,
): (progress: { readonly stage: string; readonly fraction: number }) => void {
  let last = performance.now();
  return ({ stage, fraction }) => {
    const now = performance.now();
    if (now - last < PROGRESS_MILLISECONDS) return;
    last = now;
    // It is told again with the next part.
    job.updateProgress({ stage, fraction }).catch(() => {});
  };
}
