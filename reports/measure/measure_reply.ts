/**
 * The reply of the process that measures an analysis.
 *
 * The process imports only the type, so that zod is no part of what is measured.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../../core/schema.ts";
import { measurementSchema } from "../run_report.ts";

const { cpuSeconds, peakBytes, bytesRead, work, noWork, stages } = measurementSchema.shape;

/**
 * Schema of {@linkcode MeasureReply}.
 *
 * @internal
 */
export const measureReplySchema = z.strictObject({
  audioSeconds: z.number().min(0).describe("Length of the track"),
  weights: z.array(z.string()).describe("SHA-256 of every file of weights that was used"),
  ...{ cpuSeconds, peakBytes, bytesRead, work, noWork, stages },
  cpuFlags: z.array(z.string()).describe("Processor flags that select code paths, sorted"),
  governor: z.string().describe("Rule by which the system chooses the clock; empty if unknown"),
});

/** @internal */
type Schema = typeof measureReplySchema;

/** Result of the measurement. */
export type MeasureReply = JsonOf<Schema>;
