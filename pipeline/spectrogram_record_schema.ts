/**
 * Schema of `NAME.tactus.json`, the record of a kept spectrogram.
 *
 * The modules of the pipeline import only types from here, so that an analysis does not load zod. `scripts/json_schemas.ts`
 * writes `spectrogram_record.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";
import { demixRecordShape } from "./demix_record_schema.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const record = z.strictObject({
  path: z.string().describe("Absolute path of the track"),
  program: z.string().describe("Program and version"),
  demix: z.strictObject(demixRecordShape).nullable()
    .describe("How the stems were separated; null where they were given"),
});

/**
 * Schema of the file: the record, and the hashes of the stems and of the spectrogram.
 *
 * @internal
 */
export const spectrogramRecordSchema = z.strictObject({
  ...record.shape,
  stems16_sha256: sha256.describe("SHA-256 of the stems, as in the result's provenance"),
  spectrogram_sha256: sha256.describe("SHA-256 of the values of the spectrogram"),
});

const SCHEMAS = { record, file: spectrogramRecordSchema };

/** @internal */
export type SpectrogramRecordSchemas = typeof SCHEMAS;
