/**
 * Jobs: the audio of one track, and the settings of its analysis.
 *
 * @module
 */

import { bytesSha256 } from "../core/hash.ts";

/** What a job is, as the queue holds it. */
export interface Job {
  /** Address of the audio: `s3://bucket/key`, or an absolute path. */
  readonly source: string;
  /** Content of the audio: `sha256:` and the hash of a file, or `etag:` and the ETag of an object. */
  readonly content: string;
  /** Size of the audio in bytes. */
  readonly bytes: number;
  /** Hash of the settings, which the store has under {@linkcode settingsKey}. */
  readonly settings: string;
  /** Which audio is refused; absent for none. It is no part of the id: a result is the same whatever would be refused. */
  readonly limits?: JobLimits;
}

/** Which audio is refused. */
export interface JobLimits {
  /** Longest audio in seconds; absent for any length. */
  readonly mostSeconds?: number;
  /** False where formats without a built-in decoder are not decoded through ffmpeg. */
  readonly ffmpeg?: false;
}

/** Returns limits that refuse only what both of two limits refuse. */
export function widest(one: JobLimits, other: JobLimits): JobLimits {
  const isBounded = one.mostSeconds !== undefined && other.mostSeconds !== undefined;
  return {
    ...(one.ffmpeg === false && other.ffmpeg === false && { ffmpeg: false }),
    ...(isBounded && { mostSeconds: Math.max(one.mostSeconds, other.mostSeconds) }),
  };
}

/** Returns whether limits refuse nothing that other limits allow. */
export function allowsAll(limits: JobLimits, other: JobLimits): boolean {
  return (limits.ffmpeg !== false || other.ffmpeg === false) &&
    (limits.mostSeconds ?? Infinity) >= (other.mostSeconds ?? Infinity);
}

/** Digits of the hash that names a job, 160 bits. */
const DIGITS = 40;

/**
 * Returns the name of a job. It depends on the content of the audio and on the settings, which include the weights and the
 * version of the program, and not on the name of the audio: the same audio is analysed once.
 *
 * @param job the job
 */
export function jobId({ content, bytes, settings }: Omit<Job, "source">): string {
  return hash([content, bytes, settings]);
}

/** Returns the hash of a JSON value. The letter in front tells BullMQ that it is not one of its own numbers. */
export function hash(value: unknown): string {
  return `t${bytesSha256(new TextEncoder().encode(JSON.stringify(value))).slice(0, DIGITS - 1)}`;
}

/** Returns the key of the record of a job. The first digits spread the keys, which stores divide by their beginning. */
export function recordKey(id: string): string {
  return `${RECORDS}${id.slice(1, 3)}/${id}.json`;
}

/** Key of the name of the store, which settings and so the ids of jobs depend on. */
export const STORE_NAME = "store";

/** What the keys of all records begin with. */
export const RECORDS = "results/";

/** Returns the id of the job of a record's key; undefined for another key. */
export function idOfRecord(key: string): string | undefined {
  return /^results\/[0-9a-f]{2}\/(t[0-9a-f]{39})\.json$/.exec(key)?.[1];
}

/** Returns the key of a byproduct of a job. */
export function byproductKey(id: string, ending: string): string {
  return `byproducts/${id.slice(1, 3)}/${id}${ending}`;
}

/** Returns the key of settings. */
export function settingsKey(hash: string): string {
  return `settings/${hash}.json`;
}
