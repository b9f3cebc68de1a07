/**
 * The record of a track: its result, and how it was made. The store has one object for each job.
 *
 * @module
 */

import type { AnalysisResult } from "../pipeline/mod.ts";

/** How a worker made a result. */
export interface WorkerRun {
  /** Name of the worker. */
  readonly worker: string;
  /** Start, ISO 8601, UTC. */
  readonly started: string;
  /** Attempt, from 1. */
  readonly attempt: number;
  /** Length of the audio in seconds. */
  readonly audio_seconds: number;
  /** Seconds from the start to the record. */
  readonly seconds: number;
  /** Seconds in which the audio was copied from the store. */
  readonly fetch_seconds: number;
  /** Seconds of each stage. Stages of two tracks may run side by side, and wait for each other. */
  readonly stages: Readonly<Record<string, number>>;
}

/** What the store has of a job. */
export interface TrackRecord {
  /** Id of the job. */
  readonly job: string;
  /** Address of the audio. */
  readonly source: string;
  /** Content of the audio, as the job names it. */
  readonly content: string;
  /** Size of the audio in bytes. */
  readonly bytes: number;
  /** Hash of the settings. */
  readonly settings: string;
  /** The worker's part: where, when and how long. */
  readonly run: WorkerRun;
  /** Addresses of the byproducts by their endings. */
  readonly byproducts: Readonly<Record<string, string>>;
  /** The result, as `analyze` writes it. */
  readonly result: AnalysisResult;
}

/** Returns a record as JSON. */
export function recordBytes(record: TrackRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record) + "\n");
}
