/**
 * Measures one analysis in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import type { Track } from "../../pipeline/analyze_track.ts";
import type { StageMeasurement, Variant } from "../run_report.ts";
import { childOutput } from "../../core/child_output.ts";
import { PROGRAM_FOLDER } from "../../core/program.ts";
import type { Backend } from "../../pipeline/backends/backend.ts";

const PROGRAM = join(import.meta.dirname ?? ".", "measure.ts");
const CONFIG = join(PROGRAM_FOLDER, "deno.json");

/** Who separates and listens; weights are found as in `analyze`. */
export interface MeasuredWeights {
  /** Never `auto`. */
  readonly demixer: string;
  /** Never `auto`. */
  readonly model: string;
  /** Their folder; absent for where `models` keeps them. */
  readonly weightsDir?: string;
}

/** One analysis, measured. */
export interface MeasuredAnalysis extends MeasureReply {
  /** From the start of the process to its end. */
  readonly seconds: number;
}

/** A track could not be analysed; the message has the end of what the process wrote on stderr. */
export class MeasureError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "MeasureError";
}

/**
 * Measures one analysis.
 *
 * @param track the track
 * @param variant how it is computed
 * @param weights who separates and listens
 * @param outputDirectory where its result goes
 * @throws {MeasureError} if the analysis fails
 */
export async function measureTrack(
  track: Track,
  variant: Pick<Variant, "backend" | "threads">,
  weights: MeasuredWeights,
  outputDirectory: string,
): Promise<MeasuredAnalysis> {
  const { path, name, stemsDirectory } = track;
  const start = performance.now();
  const request: MeasureRequest = {
    ...{ path, name, ...(stemsDirectory !== undefined && { stemsDirectory }) },
    ...weights,
    ...{ backend: variant.backend as MeasureRequest["backend"], threads: variant.threads },
    outputDirectory,
    startedAt: performance.timeOrigin + start,
  };
  const { code, stdout, stderrTail } = await childOutput([
    ...["run", "--config", CONFIG, "-A", PROGRAM, JSON.stringify(request)],
  ]);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new MeasureError(`${path} could not be analysed: ${stderrTail}`);
  return { ...JSON.parse(stdout) as MeasureReply, seconds };
}

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
  /** Who computes the networks. */
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
