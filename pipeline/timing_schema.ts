/**
 * Schema of a line of `analyze --timings-path`.
 *
 * The modules of the program import only types from here, so that an analysis does not load zod. `scripts/json_schemas.ts`
 * writes `timing.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";

/**
 * Schema of one line, with the fields of all-in-one-mlx and `fallback`.
 *
 * @internal
 */
export const timingSchema = z.strictObject({
  stage: z.string().min(1).describe("Name of the stage"),
  start: z.number().describe("Seconds since the start of the run"),
  end: z.number().describe(
    "Seconds since the start of the run; of stages that run at the same time on successive parts (decode, demix, " +
      "spectrogram) the common start and the busy time of the stage",
  ),
  duration: z.number().min(0).describe("Seconds from start to end"),
  device: z.string().describe("Device of the stage"),
  model: z.string().describe("Name of the model"),
  track: z.string().describe("Absolute path of the track"),
  fallback: z.string().exactOptional()
    .describe("Implementation that computed the stage instead, where --guard found an error"),
});

const SCHEMAS = { timing: timingSchema };

/** @internal */
export type TimingSchemas = typeof SCHEMAS;
