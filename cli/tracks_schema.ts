/**
 * Schema of the file of `--tracks`. `scripts/json_schemas.ts` writes `tracks.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";

const path = z.string().min(1);

const stems = z.union([
  path.describe("Folder with the stems"),
  z.strictObject({
    bass: path,
    drums: path,
    other: path,
    vocals: path,
    guitar: path.optional(),
    piano: path.optional(),
  }).describe("File of each stem; guitar and piano are added to other"),
]);

const track = z.union([
  z.strictObject({
    path: path.describe("The track: a mix, or where stems are given only its name"),
    name: path.regex(/^[^/\\]+$/).optional()
      .describe("Name of the result files; by default the name of the path without its ending"),
    stems: stems.optional(),
  }),
  path.describe("A mix"),
]);

/** Schema of the file: tracks, or the stems of each track by its path. Relative paths start at the folder of the file. */
export const tracksSchema = z.union([
  z.array(track).describe("Tracks"),
  z.record(path, stems).describe("Stems by the path of the track"),
]);
