/**
 * Libraries of npm that only the catalogue needs, loaded when they are used. `deno.json` does not list them, so that
 * `deno task analyze` does not download them; `libraries.json` has their versions and `deno.lock` of this folder their
 * hashes. The types are the parts that are used here; a long test compares them with those of the libraries.
 *
 * @module
 */

import type { Readable } from "node:stream";
import { installCommand } from "../core/install_command.ts";
import { IS_PACKAGED, packageSpecifier } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import versions from "./libraries.json" with { type: "json" };

/** The parts of the libraries that are used here. */
export interface Libraries {
  readonly "@aws-sdk/client-s3": S3Library;
  readonly "@bull-board/api": BoardLibrary;
  readonly "@bull-board/hono": BoardServerLibrary;
  readonly "@duckdb/node-api": DuckDbLibrary;
  readonly bullmq: QueueLibrary;
  readonly ioredis: RedisLibrary;
  readonly "prom-client": MetricsLibrary;
}

/** Parts of `@aws-sdk/client-s3`. */
export interface S3Library {
  readonly S3Client: new (options: {
    readonly maxAttempts: number;
    readonly region?: string;
    readonly endpoint?: string;
    readonly forcePathStyle?: boolean;
    readonly logger: Readonly<Record<"trace" | "debug" | "info" | "warn" | "error", () => void>>;
  }) => S3Client;
  readonly GetObjectCommand: new (input: ObjectName & { readonly IfMatch?: string }) => object;
  readonly HeadObjectCommand: new (input: ObjectName) => object;
  readonly ListObjectsV2Command: new (input: {
    readonly Bucket: string;
    readonly Prefix: string;
    readonly ContinuationToken?: string;
  }) => object;
  readonly PutObjectCommand: new (
    input: ObjectName & {
      readonly Body: Uint8Array | Readable;
      readonly ContentLength: number;
      readonly IfNoneMatch: string;
    },
  ) => object;
}

interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

/** A client of S3. */
export interface S3Client {
  // deno-lint-ignore no-explicit-any -- each command has its own type
  send(command: any, options: { readonly abortSignal: AbortSignal }): Promise<S3Output>;
  destroy(): void;
}

/** Answers of S3: the fields of all commands. */
export interface S3Output {
  readonly Body?: unknown;
  readonly ContentLength?: number | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Contents?:
    | readonly {
      readonly Key?: string | undefined;
      readonly Size?: number | undefined;
      readonly ETag?: string | undefined;
      readonly LastModified?: Date | undefined;
    }[]
    | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly NextContinuationToken?: string | undefined;
}

/** Parts of `ioredis`. */
export interface RedisLibrary {
  readonly Redis: new (
    address: string,
    options: { readonly maxRetriesPerRequest: null; readonly connectionName?: string },
  ) => Redis;
}

/** A connection to Redis. */
export interface Redis {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  ping(): Promise<string>;
  hget(key: string, field: string): Promise<string | null>;
  zscore(key: string, member: string): Promise<string | null>;
  info(section: string): Promise<string>;
  publish(channel: string, message: string): Promise<number>;
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
  quit(): Promise<unknown>;
  duplicate(): Redis;
}

/** Parts of `bullmq`. */
export interface QueueLibrary {
  readonly Queue: new (name: string, options: { readonly connection: never }) => Queue;
  readonly Worker: new (
    name: string,
    processor: (job: QueuedJob, token?: string, signal?: AbortSignal) => Promise<unknown>,
    options: WorkerOptions & { readonly connection: never },
  ) => Worker;
  readonly UnrecoverableError: new (message: string) => Error;
  readonly WaitingError: new () => Error;
}

/** States of a job in the queue. */
export type QueueState =
  | "waiting"
  | "prioritized"
  | "delayed"
  | "active"
  | "failed"
  | "completed";

/** A queue. */
export interface Queue {
  on(event: "error", listener: (error: Error) => void): unknown;
  addBulk(jobs: { name: string; data: unknown; opts: JobOptions }[]): Promise<QueuedJob[]>;
  getJob(id: string): Promise<QueuedJob | undefined>;
  getJobState(id: string): Promise<string>;
  getJobs(
    states: QueueState[],
    start: number,
    end: number,
    ascending: boolean,
  ): Promise<(QueuedJob | undefined)[]>;
  getJobCounts(...states: QueueState[]): Promise<Record<string, number>>;
  getMetrics(
    state: "completed" | "failed",
    start: number,
    end: number,
  ): Promise<{ readonly meta: { readonly count: number } }>;
  getWorkers(): Promise<Record<string, string>[]>;
  setGlobalRateLimit(most: number, milliseconds: number): Promise<unknown>;
  removeGlobalRateLimit(): Promise<unknown>;
  getGlobalRateLimit(): Promise<{ readonly max: number; readonly duration: number } | null>;
  remove(id: string): Promise<number>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): Promise<boolean>;
  toKey(part: string): string;
  close(): Promise<void>;
}

/** Options of a job. */
export interface JobOptions {
  readonly jobId: string;
  readonly priority?: number;
  readonly attempts: number;
  readonly backoff: { readonly type: string; readonly delay: number; readonly jitter: number };
  readonly removeOnComplete: { readonly count: number };
}

/** A job in the queue. */
export interface QueuedJob {
  readonly id?: string | undefined;
  // deno-lint-ignore no-explicit-any -- as the library has it; `Job` here
  readonly data: any;
  readonly attemptsMade: number;
  readonly failedReason: string;
  readonly timestamp: number;
  readonly processedOn?: number | undefined;
  readonly finishedOn?: number | undefined;
  readonly processedBy?: string | undefined;
  readonly progress: unknown;
  updateProgress(progress: object): Promise<void>;
  moveToWait(token?: string): Promise<unknown>;
  retry(
    state: "failed",
    options: { readonly resetAttemptsMade: boolean; readonly resetAttemptsStarted: boolean },
  ): Promise<void>;
  remove(): Promise<void>;
}

/** Options of a worker. */
export interface WorkerOptions {
  readonly name: string;
  readonly autorun: boolean;
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  readonly metrics: { readonly maxDataPoints: number };
}

/** A worker. */
export interface Worker {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "stalled", listener: (id: string) => void): unknown;
  on(event: "failed", listener: (job: QueuedJob | undefined, error: Error) => void): unknown;
  on(event: "lockRenewalFailed", listener: (ids: string[]) => void): unknown;
  run(): Promise<void>;
  cancelJob(id: string, reason?: string): boolean;
  close(): Promise<void>;
}

/** Parts of `@duckdb/node-api`. */
export interface DuckDbLibrary {
  readonly DuckDBInstance: { create(path: string): Promise<DuckDb> };
}

/** A database. */
export interface DuckDb {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

/** A connection to a database. */
export interface DuckDbConnection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Record<string, unknown>[] }>;
  closeSync(): void;
}

/** Parts of `prom-client`. */
export interface MetricsLibrary {
  readonly Registry: {
    new (type: never): Registry;
    readonly OPENMETRICS_CONTENT_TYPE: string;
  };
  readonly Counter: new (options: MetricOptions) => CounterMetric;
  readonly Gauge: new (
    options: MetricOptions & { readonly collect?: (this: GaugeMetric) => Promise<void> },
  ) => GaugeMetric;
  readonly Histogram: new (options: MetricOptions & { readonly buckets: number[] }) => {
    observe(labels: Record<string, string>, value: number): void;
  };
}

/** A number that grows. */
export interface CounterMetric {
  inc(labels: Record<string, string>, value: number): void;
}

/** A number that changes. */
export interface GaugeMetric {
  reset(): void;
  set(labels: Record<string, string>, value: number): void;
}

/** Options of a metric. */
export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: never[];
}

/** A set of metrics. */
export interface Registry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Parts of `@bull-board/api`. */
export interface BoardLibrary {
  createBullBoard(options: {
    readonly queues: never[];
    readonly serverAdapter: never;
    readonly options?: object;
  }): unknown;
  readonly BullMQAdapter?: unknown;
}

/** Parts of `@bull-board/hono`. */
export interface BoardServerLibrary {
  readonly HonoAdapter: new (serveStatic: never) => {
    setBasePath(path: string): unknown;
    registerPlugin(): unknown;
  };
}

/**
 * Loads a library.
 *
 * @param name name of the package
 * @throws {UsageError} if it is not installed; the message names the command that installs it
 */
export async function library<Name extends keyof Libraries>(name: Name): Promise<Libraries[Name]> {
  return await loaded(name, name) as Libraries[Name];
}

/**
 * Loads a further entry point of a library.
 *
 * @param name name of the package
 * @param entry its entry point, such as `@bull-board/api/bullMQAdapter`
 */
export async function loaded(name: keyof Libraries, entry: string): Promise<unknown> {
  try {
    return await import(packageSpecifier(entry, name, versions[name]));
  } catch (cause) {
    const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
    throw new UsageError(
      `Cannot load ${name}, which catalogue needs (${reasonOf(cause).split("\n", 1)[0]}): ` +
        (IS_PACKAGED
          ? `install its libraries with ${installCommand(packages)}`
          : "start it with deno task catalogue, which downloads them"),
      { cause },
    );
  }
}
