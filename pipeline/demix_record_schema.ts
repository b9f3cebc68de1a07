/**
 * Schema of `tactus.json`, the record of kept stems.
 *
 * The modules of the pipeline import only types from here, so that an analysis does not load zod. `scripts/json_schemas.ts`
 * writes `demix_record.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const record = z.strictObject({
  path: z.string().describe("Absolute path of the mix"),
  mixture_sha256: sha256.describe("SHA-256 of the seam mixture"),
  program: z.string().describe("Program and version"),
  demixer: z.string().describe("Name of the demixer"),
  weights_sha256: sha256.nullable()
    .describe("SHA-256 of the weights; null for a demixer without weights"),
  backend: z.string().describe("Backend of the demixer"),
  device: z.string().describe("Device of the demixer"),
  shifts: z.array(z.int().min(0).nullable()).nullable().describe(
    "Shift of each pass in samples, null for a pass without a shift; null for a demixer without a " +
      "network",
  ),
  overlap: z.number().min(0).lt(1).optional()
    .describe("Share of a segment that overlaps the next one; absent for a quarter"),
  precision: z.literal("bf16").optional()
    .describe("Precision of the products of the network; absent for single precision"),
  gain_db: z.number().optional().describe("Gain of the mix in dB; absent for none"),
});

/**
 * Fields of the record.
 *
 * @internal
 */
export const demixRecordShape: typeof record.shape = record.shape;

/**
 * Schema of the file: the record, and the hash of the stems.
 *
 * @internal
 */
export const demixRecordSchema = z.strictObject({
  ...record.shape,
  stems16_sha256: sha256.describe(
    "SHA-256 of the samples of all stems, left and then right of each",
  ),
});

const SCHEMAS = { record, file: demixRecordSchema };

/** @internal */
export type DemixRecordSchemas = typeof SCHEMAS;
