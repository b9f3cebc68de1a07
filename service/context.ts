/**
 * What the handlers of the service need.
 *
 * @module
 */

import type { Turns } from "../core/turns.ts";
import type { Access } from "./access.ts";
import type { JobQueue } from "./job_queue.ts";
import type { Metrics } from "./metrics.ts";
import type { UploadLimits } from "./upload.ts";

/** What an application needs. */
export interface ServiceContext {
  /** The queue. */
  readonly queue: JobQueue;
  /** Who may use the service. */
  readonly access: Access;
  /** Limits of uploads. */
  readonly upload: UploadLimits;
  /** Most uploads at the same time. */
  readonly mostUploads: number;
  /** Most clients that follow events at the same time. */
  readonly mostFollowers: number;
  /** Folder whose files may be named; absent for none. */
  readonly audioFolder?: string;
  /** Throws where a file cannot be read as audio, as far as its beginning tells. */
  readonly checkAudio: (path: string) => Promise<void>;
  /** Counters. */
  readonly metrics: Metrics;
  /** Ends uploads and events. */
  readonly signal: AbortSignal;
}

/** What the handlers share. */
export interface Shared extends ServiceContext {
  /** Uploads and clients that follow events, now. */
  readonly now: { uploads: number; followers: number };
  /** Files that are made from audio, one at a time. */
  readonly making: Turns;
}
