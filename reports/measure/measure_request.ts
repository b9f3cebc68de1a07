/**
 * The request to the process that measures an analysis, and its reply.
 *
 * @module
 */

import type { Backend } from "../../pipeline/backends/backend.ts";
import type { StageMeasurement } from "../run_report.ts";

/** One analysis that is to be measured. */
export interface MeasureRequest {
  /** Audio of the mix; a name only, where stems are given. */
  readonly path: string;
  /** Name of the result. */
  readonly name: string;
  /** Folder with the stems. */
  readonly stemsDirectory?: string;
  /** Model in the registry, never `auto`. */
  readonly model: string;
  /** Demixer, never `auto`; unused where stems are given. */
  readonly demixer: string;
  /** Their folder; absent for where `models` keeps them. */
  readonly weightsDir?: string;
  /** Backend of the networks. */
  readonly backend: Backend;
  /** Threads of the networks. */
  readonly threads: number;
  /** Folder that the result is written to. */
  readonly outputDirectory: string;
  /** When the process was started, milliseconds since 1970. */
  readonly startedAt: number;
}

/** What came of it. */
export interface MeasureReply {
  /** Length of the track. */
  readonly audioSeconds: number;
  /** SHA-256 of every file of weights that was used. */
  readonly weights: readonly string[];
  /** User and system time of all threads, so far. */
  readonly cpuSeconds: number;
  /** Highest resident memory. */
  readonly peakBytes: number;
  /** Bytes read from files; null where the system does not tell. */
  readonly bytesRead: number | null;
  /** In the order in which they ended. */
  readonly stages: readonly StageMeasurement[];
  /** What the processor's fast paths are chosen by, sorted. */
  readonly cpuFlags: readonly string[];
}
