/**
 * Schema of `models list --json`.
 *
 * The command imports only the type, so that it does not load zod. `scripts/json_schemas.ts` writes
 * `models_list.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";

const states = ["installed", "missing", "damaged"] as const;
const bytes = z.int().min(0).nullable();

const file = z.strictObject({
  path: z.string().describe("Absolute path"),
  url: z.string().nullable().describe("Address of the file; null for another one in its place"),
  sha256: z.string().nullable()
    .describe("SHA-256, or its first digits where only these are published; null if none are"),
  minBytes: bytes.describe("Smallest size of the file; null if unknown"),
  maxBytes: bytes.describe("Largest size of the file; null if unknown"),
  state: z.enum(states),
  bytes: bytes.describe("Size on disk; null if it is missing"),
});

const model = z.strictObject({
  name: z.string(),
  what: z.string().describe("Description"),
  state: z.enum([...states, "built in"])
    .describe("Worst state of its files, by their sizes; built in if it has no files"),
  files: z.array(file),
});

/** Schema of the list. */
export const modelsListSchema = z.strictObject({
  folder: z.string().describe("Absolute path of the folder of weights"),
  models: z.array(model),
});

/** List of models as JSON. */
export type ModelsList = JsonOf<typeof modelsListSchema>;
