/**
 * An analysis as the service keeps it.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";

/** States of an analysis, in their order. */
export const STATES = ["queued", "running", "done", "failed"] as const;

/** State of an analysis. */
export type AnalysisState = typeof STATES[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();

const record = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/).describe("Hash of the audio and the settings"),
  number: z.int().min(1).describe("Counts the analyses of the service"),
  state: z.enum(STATES),
  name: z.string().describe("Name of the audio as the client gave it"),
  bytes: z.int().min(0).describe("Size of the audio file"),
  sha256: sha256.describe("SHA-256 of the audio file"),
  settings: sha256.describe("Hash of weights, settings and program version"),
  audio: z.union([
    z.strictObject({ file: z.string().regex(/^audio(?:\.[a-z0-9]+)?$/) })
      .describe("An upload, in the folder of the analysis"),
    z.strictObject({
      path: z.string(),
      modified: z.string().optional().describe("Time of its last change when it was hashed"),
    }).describe("A file that stays where it is"),
  ]),
  submitted: time,
  started: time.nullable(),
  finished: time.nullable(),
  attempts: z.int().min(0).describe("Times that the analysis was begun"),
  seconds: z.number().min(0).nullable().describe("Length of the audio, once it is known"),
  warnings: z.array(z.string()),
  error: z.string().nullable().describe("Why the analysis failed"),
});

/**
 * Schema of the record of an analysis, `analysis.json` in its folder.
 *
 * @internal
 */
export const recordSchema = record;

const SCHEMAS = { record };

/** @internal */
export type RecordSchemas = typeof SCHEMAS;

/** Record of an analysis. */
export type AnalysisRecord = JsonOf<RecordSchemas["record"]>;

/** Progress of a running analysis. */
export interface AnalysisProgress {
  /** Stage that started or went on. */
  readonly stage: string;
  /** Estimated fraction that is done, 0 to 1. */
  readonly fraction: number;
}

/** An analysis and where it stands. */
export interface Analysis extends AnalysisRecord {
  /** Number of analyses in front of it; null where it does not wait. */
  readonly position: number | null;
  /** Progress; null where it does not run. */
  readonly progress: AnalysisProgress | null;
}
