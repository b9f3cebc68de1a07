/**
 * The queue of a catalogue: BullMQ on Redis or Valkey, with the jobs' ids as its own.
 *
 * @module
 */

import { library, type Queue, type QueuedJob, type QueueState, type Redis } from "./libraries.ts";
import type { Progress } from "../pipeline/mod.ts";
import { allowsAll, type Job, type JobLimits, widest } from "./job.ts";
import { matcher } from "./pattern.ts";
import { CONNECT_SECONDS, openRedis } from "./redis.ts";

/** Where a queue is. */
export interface QueueAddress {
  /** Address of Redis, `redis://[[user]:password@]host:port[/number]`, or `rediss:` with TLS. */
  readonly redis: string;
  /** Name of the queue. */
  readonly name: string;
}

/** How jobs are added. */
export interface AddOptions {
  /** Rank, 1 is taken first; those without one are taken before all others. */
  readonly priority?: number;
  /** How many times a track is tried before it goes to the dead letters. */
  readonly attempts: number;
  /** Which audio is refused; none by default. */
  readonly limits?: JobLimits;
}

/** What the queue holds. */
export interface QueueCounts {
  /** Tracks that wait, those with a priority among them. */
  readonly waiting: number;
  /** Tracks that wait for their next attempt. */
  readonly delayed: number;
  /** Tracks that workers have. */
  readonly active: number;
  /** Tracks that failed as often as allowed: the dead letters. */
  readonly dead: number;
  /** Tracks that were done since the queue was made. */
  readonly done: number;
}

/** A track in the queue. */
export interface QueuedTrack {
  /** The job's id. */
  readonly id: string;
  /** Address of the audio. */
  readonly source: string;
  /** Where in the queue it is. */
  readonly state: QueueState;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Why the last one failed; empty for none. */
  readonly reason: string;
  /** Worker that has the track, or had it last. */
  readonly worker?: string;
  /** Time at which the attempt began, milliseconds since 1970. */
  readonly since?: number;
  /** Progress as the worker told it last. */
  readonly progress?: Pick<Progress, "stage" | "fraction">;
}

/** Jobs that are asked for or added in one request. */
const PAGE = 500;

/** Jobs that are done stay visible in the dashboard, as many as these. */
const KEPT_DONE = 1000;

/** Wait before the second attempt; it doubles with each. */
const BACKOFF_MILLISECONDS = 5000;

/** States of tracks that wait. */
const WAITING: readonly QueueState[] = ["waiting", "prioritized"];

/** A queue of jobs. */
export class CatalogueQueue implements AsyncDisposable {
  readonly #queue: Queue;
  readonly #redis: Redis;
  /** Where the queue is. */
  readonly address: QueueAddress;

  private constructor(queue: Queue, redis: Redis, address: QueueAddress) {
    this.#queue = queue;
    this.#redis = redis;
    this.address = address;
  }

  /**
   * Opens a queue. It is made with its first job.
   *
   * @param address where it is
   * @param onError receives errors of the connection, which is made again until it succeeds
   * @param seconds time in which Redis must answer at the start
   * @throws {UsageError} if Redis does not answer
   */
  static async open(
    address: QueueAddress,
    onError: (error: Error) => void = () => {},
    seconds = CONNECT_SECONDS,
  ): Promise<CatalogueQueue> {
    const redis = await openRedis(address.redis, onError, seconds);
    const { Queue } = await library("bullmq");
    const queue = new Queue(address.name, { connection: redis as never });
    queue.on("error", onError);
    return new CatalogueQueue(queue, redis, address);
  }

  /**
   * The queue itself, for its dashboard.
   *
   * @internal
   */
  get engine(): Queue {
    return this.#queue;
  }

  /**
   * The connection to Redis.
   *
   * @internal
   */
  get redis(): Redis {
    return this.#redis;
  }

  /** Name of the channel on which jobs are cancelled. */
  get cancelChannel(): string {
    return this.#queue.toKey("cancel");
  }

  /**
   * Adds jobs that the queue does not have. One that it knows as done is added again, and so is one that waits or is dead with
   * limits that refuse what those of this call allow: its limits are then the widest of both.
   *
   * @param jobs jobs by their ids, which have no record
   * @returns ids of those that it had, whether they wait, run, or are dead
   */
  async add(jobs: ReadonlyMap<string, Job>, options: AddOptions): Promise<Set<string>> {
    const { attempts, priority, limits = {} } = options;
    const known = new Set<string>();
    const limitsOf = new Map<string, JobLimits>();
    await Promise.all([...jobs.keys()].map(async (id) => {
      const data = await this.#redis.hget(this.#queue.toKey(id), "data");
      if (data === null) return;
      // The record of a job that is done was removed, or is in another store.
      if (await this.#redis.zscore(this.#queue.toKey("completed"), id) !== null) {
        await this.#queue.remove(id);
        return;
      }
      const { limits: earlier = {} }: Job = JSON.parse(data);
      // A job that runs is not removed.
      if (allowsAll(earlier, limits) || await this.#queue.remove(id) === 0) known.add(id);
      else limitsOf.set(id, widest(earlier, limits));
    }));
    const all = [...jobs].filter(([id]) => !known.has(id));
    for (let at = 0; at < all.length; at += PAGE) {
      await this.#queue.addBulk(
        all.slice(at, at + PAGE).map(([jobId, job]) => ({
          name: "analyze",
          data: withLimits(job, limitsOf.get(jobId) ?? limits),
          opts: {
            ...{ jobId, attempts, removeOnComplete: { count: KEPT_DONE } },
            ...(priority !== undefined && { priority }),
            backoff: { type: "exponential", delay: BACKOFF_MILLISECONDS, jitter: 0.5 },
          },
        })),
      );
    }
    return known;
  }

  /** Returns how many tracks are in each state. */
  async counts(): Promise<QueueCounts> {
    const counts = await this.#queue.getJobCounts(...WAITING, "delayed", "active", "failed");
    const sum = (...states: QueueState[]): number =>
      states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    const { meta } = await this.#queue.getMetrics("completed", 0, 0);
    return {
      waiting: sum(...WAITING),
      delayed: sum("delayed"),
      active: sum("active"),
      dead: sum("failed"),
      done: Number(meta.count) || 0,
    };
  }

  /** Returns the names of the connected workers. */
  async workers(): Promise<string[]> {
    const found = await this.#queue.getWorkers();
    return found.map(({ name, rawname = "" }) => rawname.split(":w:")[1] ?? name ?? "").sort();
  }

  /** Returns a track by its id; undefined where the queue has none. */
  async find(id: string): Promise<QueuedTrack | undefined> {
    // First: a job that fails in between has no reason yet.
    const state = await this.#queue.getJobState(id) as QueueState;
    const job = await this.#queue.getJob(id);
    return job === undefined ? undefined : track(job, state);
  }

  /** Lists the tracks in some states. */
  async *list(...states: QueueState[]): AsyncGenerator<QueuedTrack> {
    for (const state of states) {
      for await (const job of this.#jobs(state)) yield track(job, state);
    }
  }

  async *#jobs(state: QueueState): AsyncGenerator<QueuedJob> {
    for (let at = 0;; at += PAGE) {
      const page = await this.#queue.getJobs([state], at, at + PAGE - 1, true);
      // A job that is removed meanwhile is undefined.
      for (const job of page) if (job?.id !== undefined) yield job;
      if (page.length < PAGE) return;
    }
  }

  /**
   * Lets dead letters wait again, with all their attempts.
   *
   * @param patterns patterns of their addresses or reasons
   * @returns their addresses
   */
  async retry(patterns: readonly string[]): Promise<string[]> {
    return await this.#each(["failed"], patterns, retryJob, true);
  }

  /** Lets one dead letter wait again, with all its attempts. */
  async retryDead(id: string): Promise<void> {
    const job = await this.#queue.getJob(id);
    if (job !== undefined) await retryJob(job);
  }

  /**
   * Takes tracks out of the queue: those that wait are removed, those that run are stopped and become dead letters.
   *
   * @param patterns patterns of their addresses
   * @returns their addresses
   */
  async cancel(patterns: readonly string[]): Promise<string[]> {
    const removed = await this.#each(
      [...WAITING, "delayed", "failed"],
      patterns,
      async ({ id = "" }) => {
        await this.#queue.remove(id);
      },
    );
    const stopped = await this.#each(["active"], patterns, ({ id = "" }) => this.#stop(id));
    return [...removed, ...stopped];
  }

  /** Takes one track out of the queue, or stops it where a worker has it. */
  async remove(id: string): Promise<void> {
    await this.#queue.remove(id);
    // A worker that has the track keeps it in the queue.
    await this.#stop(id);
  }

  /** Tells the workers to stop a track. */
  async #stop(id: string): Promise<void> {
    await this.#redis.publish(this.cancelChannel, id);
  }

  async #each(
    states: readonly QueueState[],
    patterns: readonly string[],
    work: (job: QueuedJob) => Promise<void>,
    withReasons = false,
  ): Promise<string[]> {
    const matches = matcher(patterns);
    const done: string[] = [];
    for (const state of states) {
      const found: QueuedJob[] = [];
      // The pages move when jobs are taken out.
      for await (const job of this.#jobs(state)) {
        const { source } = job.data as Job;
        if (matches(source) || withReasons && matches(job.failedReason ?? "")) {
          found.push(job);
        }
      }
      for (const job of found) {
        await work(job);
        done.push((job.data as Job).source);
      }
    }
    return done;
  }

  /** Lets workers take no further tracks. */
  async pause(): Promise<void> {
    await this.#queue.pause();
  }

  /** Lets workers take tracks again. */
  async resume(): Promise<void> {
    await this.#queue.resume();
  }

  /** Returns whether workers take no tracks. */
  async isPaused(): Promise<boolean> {
    return await this.#queue.isPaused();
  }

  /**
   * Limits the tracks that all workers together begin.
   *
   * @param most number of tracks; null for no limit
   * @param seconds time in which they may begin
   */
  async limit(most: number | null, seconds: number): Promise<void> {
    if (most === null) await this.#queue.removeGlobalRateLimit();
    else await this.#queue.setGlobalRateLimit(most, 1000 * seconds);
  }

  /** Returns the limit; null for none. */
  async rate(): Promise<{ readonly most: number; readonly seconds: number } | null> {
    const found = await this.#queue.getGlobalRateLimit();
    return found === null ? null : { most: found.max, seconds: found.duration / 1000 };
  }

  /** Closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close().catch(() => {});
    this.#redis.disconnect();
  }
}

function withLimits(job: Job, limits: JobLimits): Job {
  return Object.keys(limits).length === 0 ? job : { ...job, limits };
}

async function retryJob(job: QueuedJob): Promise<void> {
  await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
}

function track(job: QueuedJob, state: QueueState): QueuedTrack {
  const { source } = job.data as Job;
  return {
    ...{
      id: job.id ?? "",
      source,
      state,
      attempts: job.attemptsMade,
      reason: job.failedReason ?? "",
    },
    ...(job.processedBy !== undefined && { worker: job.processedBy }),
    ...(job.processedOn !== undefined && { since: job.processedOn }),
    // It is 0 before a worker tells one.
    ...(typeof job.progress === "object" && job.progress !== null && {
      progress: job.progress as Pick<Progress, "stage" | "fraction">,
    }),
  };
}
