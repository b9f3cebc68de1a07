/**
 * Schema of the result of a track, as `analyze` writes it.
 *
 * The modules of the pipeline import only types from here, so that an analysis does not load zod. `scripts/json_schemas.ts`
 * writes `result.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";

const name = z.string().min(1);
const seconds = z.number();
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const segment = z.strictObject({
  start: seconds.describe("Start in seconds"),
  end: seconds.describe("End in seconds"),
  label: name.describe("Label of the function, such as verse"),
}).meta({ id: "segment", description: "A part of the track that has one function" });

const audioFile = z.strictObject({
  file: z.string().describe("Name of the file"),
  codec: name.describe("Short name of its codec, such as mp3"),
  sample_rate: z.number().gt(0).describe("Sample rate of the file in Hz"),
  decoder: name.describe(
    "Name and version of the decoder: symphonia, tactus for one of its own, or ffmpeg",
  ),
  trimmed: z.tuple([count, count]).describe(
    "Samples at the file's rate that its encoder added and that are cut: at the start, and after it",
  ),
  pcm_sha256: sha256.describe(
    "SHA-256 of the decoded samples at 44.1 kHz, before gain and rounding: of the first two " +
      "channels, or the only one, interleaved f32, little-endian, full scale 1.0",
  ),
}).meta({ id: "audioFile", description: "A decoded audio file" });

const stemFile = audioFile.extend({
  name: name.describe("bass, drums, other or vocals"),
}).meta({ id: "stemFile", description: "A given stem" });

const guardFinding = z.strictObject({
  stage: name.describe("Name of the stage"),
  judge: name.describe("Backend of the second implementation"),
  seam: name.describe("Seam with the largest difference"),
  needs: z.number().min(0).nullable()
    .describe("Smallest tolerance that passes; null where no tolerance passes"),
  fell_back: z.boolean().describe("Whether the second implementation computed the whole run"),
}).meta({
  id: "guardFinding",
  description: "Finding of the guard for one stage on the first seconds",
});

const guard = z.strictObject({
  seconds: seconds.describe("Length of the beginning that was computed twice"),
  tolerance: z.number().describe("Tolerance of float seams"),
  stages: z.array(guardFinding).describe("Findings in the order of the stages"),
});

const gain = z.strictObject({
  db: z.number().describe("Gain in dB"),
  normalized: z.boolean().describe("Whether --normalize chose it"),
});

const provenance = z.strictObject({
  program: name.describe("Program and version"),
  model: name.describe("Name of the model"),
  weights: z.array(z.strictObject({ name, sha256 })).describe("Weights of each fold"),
  demixer: name.describe(
    "Name of the demixer; external where the stems were given. With hpss-mix, bass and drums are " +
      "those of hpss, and the mix itself is other and vocals",
  ),
  demixer_weights: sha256.nullable().describe(
    "SHA-256 of the separation network's weights; null for a demixer without weights",
  ),
  demix_shifts: z.array(count.nullable()).nullable().describe(
    "Shift of each pass of the separation in samples, null for a pass without a shift; null for a " +
      "demixer without a network",
  ),
  automatic: z.array(z.enum(["demixer", "model"]))
    .describe("Roles whose weights the program chose"),
  mix: audioFile.nullable().describe("The separated mix; null where the stems were given"),
  decoder: name.describe(
    "Name and version of the decoder of the mix; of stems, each decoder once",
  ),
  gain: gain.nullable()
    .describe("Gain of --gain or --normalize before the analysis; null for none"),
  stems: z.array(stemFile).describe("The given stems"),
  stems16_sha256: sha256.describe(
    "SHA-256 of the seam stems16: of stereo where stems are given or kept; of the mean of both " +
      "channels where a mix is separated without keeping stems, and for given stems longer than " +
      "twelve minutes",
  ),
  backends: z.record(z.string(), name).describe("Backend of each stage"),
  guard: guard.nullable().describe("Settings and findings of --guard; null without a guard"),
  device: name.describe("Device of the networks"),
  versions: z.record(z.string(), z.string()).describe("Versions of the runtimes"),
  sample_rate: z.number().gt(0).describe("Sample rate in Hz"),
  hop: z.int().min(1).describe("Hop in samples"),
  fps: z.number().gt(0).describe("Frame rate of activations and embeddings, frames a second"),
}).meta({
  id: "provenance",
  description: "Provenance of a result: what is needed to make it again",
});

/**
 * Schema of the whole result: upstream's keys and `provenance`.
 *
 * @internal
 */
export const resultSchema = z.strictObject({
  path: z.string().describe("Absolute path of the track"),
  bpm: z.number().nullable()
    .describe("Beats a minute; null when there are fewer than two beats"),
  beats: z.array(seconds).describe("Times in seconds, ascending"),
  downbeats: z.array(seconds).describe("Times in seconds of the beats at position 1"),
  beat_positions: z.array(z.int().min(1))
    .describe("Position of each beat in its bar; 1 = downbeat"),
  segments: z.array(segment).describe("Segments in order, without gaps"),
  provenance,
});

const SCHEMAS = { segment, audioFile, guardFinding, provenance, result: resultSchema };

/** @internal */
export type ResultSchemas = typeof SCHEMAS;
