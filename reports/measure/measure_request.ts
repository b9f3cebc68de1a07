/**
 * The request to the process that measures an analysis.
 *
 * @module
 */

import type { AudioOptions } from "../../pipeline/audio_files.ts";
import type { Backend } from "../../pipeline/backends/backend.ts";

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
  /** Device of ONNX Runtime; absent for the CPU. */
  readonly device?: string;
  /** Threads of the networks. */
  readonly threads: number;
  /** How the track is read. */
  readonly audio: AudioOptions;
  /** Folder that the result is written to. */
  readonly outputDirectory: string;
  /** Start of the process, milliseconds since 1970. */
  readonly startedAt: number;
}
