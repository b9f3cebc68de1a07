/**
 * The request to the process that measures an analysis, and its reply.
 *
 * @module
 */

import type { Backend } from "../../pipeline/backends/backend.ts";
import type { StageMeasurement } from "../run_report.ts";

/** One analysis that is to be measured. */
export interface MeasureRequest {
  /** Path of the mix; only a name if stems are given. */
  readonly path: string;
  /** Name of the result. */
  readonly name: string;
  /** Folder with the stems. */
  readonly stemsDirectory?: string;
  /** Model in the registry, never `auto`. */
  readonly model: string;
  /** Demixer, never `auto`; unused where stems are given. */
  readonly demixer: string;
  /** Folder of the weights; absent for the folder of `models`. */
  readonly weightsDir?: string;
  /** Backend of the networks. */
  readonly backend: Backend;
  /** Threads of the networks. */
  readonly threads: number;
  /** Folder that the result is written to. */
  readonly outputDirectory: string;
  /** Start of the process, milliseconds since 1970. */
  readonly startedAt: number;
}

/** Result of the measurement. */
export interface MeasureReply {
  /** Length of the track. */
  readonly audioSeconds: number;
  /** SHA-256 of every file of weights that was used. */
  readonly weights: readonly string[];
  /** User and system time of all threads, so far. */
  readonly cpuSeconds: number;
  /** Highest resident memory. */
  readonly peakBytes: number;
  /** Bytes read from files; null if the system does not report them. */
  readonly bytesRead: number | null;
  /** Stages in the order in which they ended. */
  readonly stages: readonly StageMeasurement[];
  /** Processor flags that select code paths, sorted. */
  readonly cpuFlags: readonly string[];
}
