/**
 * Measures one analysis in a process of its own.
 *
 * @module
 */

import type { Track } from "../../pipeline/analyze_track.ts";
import type { AudioOptions } from "../../pipeline/audio_files.ts";
import type { Variant } from "../run_report.ts";
import { type MeasureReply, measureReplySchema } from "./measure_reply.ts";
import type { MeasureRequest } from "./measure_request.ts";
import { childOutput } from "../../core/child_output.ts";
import { runArguments } from "../../core/program.ts";
import { firstIssue } from "../../core/schema.ts";

/** Demixer and model; weights are found as in `analyze`. */
export interface MeasuredWeights {
  /** Name of the demixer, never `auto`. */
  readonly demixer: string;
  /** Name of the model, never `auto`. */
  readonly model: string;
  /** Folder of the weights; absent for the folder of `models`. */
  readonly weightsDir?: string;
}

/** One analysis, measured. */
export interface MeasuredAnalysis extends MeasureReply {
  /** Seconds from the start of the process to its end. */
  readonly seconds: number;
}

/** A track could not be analysed; the message ends with the last lines of stderr. */
export class MeasureError extends Error {
  /** Name of the class in printed errors. */
  override name = "MeasureError";
}

/**
 * Measures one analysis.
 *
 * @param track the track
 * @param variant backend, device and threads
 * @param weights demixer and model
 * @param outputDirectory folder of the result
 * @param audio how the track is read
 * @throws {MeasureError} if the analysis fails
 */
export async function measureTrack(
  track: Track,
  variant: Pick<Variant, "backend" | "device" | "threads">,
  weights: MeasuredWeights,
  outputDirectory: string,
  audio: AudioOptions = {},
): Promise<MeasuredAnalysis> {
  const { path, name, stemsDirectory } = track;
  const start = performance.now();
  const request: MeasureRequest = {
    ...{ path, name, ...(stemsDirectory !== undefined && { stemsDirectory }) },
    ...weights,
    ...{ backend: variant.backend as MeasureRequest["backend"], threads: variant.threads },
    ...(variant.device !== undefined && { device: variant.device }),
    ...{ outputDirectory, audio },
    startedAt: performance.timeOrigin + start,
  };
  const { code, stdout, stderrTail } = await childOutput(
    runArguments("reports/measure/measure", ["-A"], [JSON.stringify(request)]),
  );
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new MeasureError(`${path} could not be analysed: ${stderrTail}`);
  const { data, error } = measureReplySchema.safeParse(JSON.parse(stdout));
  if (error !== undefined) {
    throw new MeasureError(`${path} was analysed, but the reply is invalid: ${firstIssue(error)}`);
  }
  return { ...data, seconds };
}
