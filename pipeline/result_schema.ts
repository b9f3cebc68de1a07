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

const bpm = z.number().gt(0);
const share = z.number().min(0).max(1);

const fittedTempo = z.strictObject({
  bpm: bpm.describe(
    "Tempo of the grid fitted to the beats, beats a minute; where it is not constant, the median over the time of the curve",
  ),
  anchor: seconds.describe(
    "Time of the grid's position at the first downbeat on it, seconds; of the first beat where no downbeat is on it",
  ),
  constant: z.boolean().describe(
    "Whether at least 90 % of the beats are within 0.03 s of one grid",
  ),
  octaves: z.int().describe(
    "Octaves by which --bpm-range moved bpm and curve: bpm is the tempo of the beats times 2^octaves",
  ),
  deviation: z.strictObject({
    median: seconds.min(0).describe("Median of the distances, seconds"),
    percentile_95: seconds.min(0).describe("95 % of the distances are not larger, seconds"),
  }).describe(
    "Distances of the beats from the next position of the grid of their piece of the curve",
  ),
  curve: z.array(z.strictObject({
    start: seconds.describe("Time of the grid's position at the first beat of the piece, seconds"),
    bpm: bpm.describe("Tempo up to the next piece, beats a minute"),
  })).min(1).describe(
    "Pieces of constant tempo in order, each as long as 90 % of its beats are within 0.03 s of its grid; one piece where " +
      "the tempo is constant",
  ),
  confidence: share.describe(
    "F-measure of the beats against the positions of the grid within 0.03 s, without the two beats that determine each piece",
  ),
}).meta({ id: "fittedTempo", description: "Tempo fitted to the beats" });

const metre = z.strictObject({
  beats_per_bar: z.int().min(1).describe("Beats in a bar"),
  disagreement: share.describe(
    "Share of the bars in which the best sequence of beats with bars of another length is more probable",
  ),
  confidence: share.describe(
    "Mean over the bars of the posterior probability of the found length in the bar, with equal prior probabilities",
  ),
}).meta({ id: "metre", description: "Length of the bars" });
const fileIdentity = z.strictObject({
  bytes: count.describe("Size of the file"),
  modified: name.describe("Time of its last change, ISO 8601"),
  sha256: sha256.describe("SHA-256 of the file"),
}).meta({ id: "fileIdentity", description: "Identity of a file" });

const audioFile = z.strictObject({
  file: z.string().describe("Name of the file"),
  identity: fileIdentity.nullable().describe(
    "Identity of the file, by which a later call tells whether its result is finished; null for samples in memory",
  ),
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
  snr_db: z.number().nullable().optional().describe(
    "Signal-to-noise ratio of the seam in dB, against the second implementation, where the first has products in " +
      "bfloat16 or `allowed` is present; null where the two are equal or differ in kind",
  ),
  allowed: z.number().min(0).optional().describe(
    "Tolerance that was allowed, where the level of the stems raised it; absent where it was the ordinary one",
  ),
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

const beatDecoder = z.strictObject({
  min_bpm: bpm.describe("Slowest tempo, beats a minute"),
  max_bpm: bpm.describe("Fastest tempo, beats a minute"),
  beats_per_bar: z.array(z.int().min(1)).min(1).describe("Lengths of bars in beats"),
  transition_lambda: z.number().min(0).describe("Strength of the preference for a constant tempo"),
});

const segmentChanges = z.strictObject({
  snap: z.literal("downbeat").nullable().describe("--snap; null without it"),
  merge: z.boolean().describe("Whether --merge joined neighbours of one label"),
  min_segment: seconds.min(0).describe("--min-segment; 0 without it"),
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
  demix_overlap: z.number().min(0).lt(1).optional().describe(
    "Share of a segment of the separation network that overlaps the next one; absent for a quarter",
  ),
  demix_precision: z.literal("bf16").optional().describe(
    "Precision of the products of the separation network; absent for single precision",
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
  stems_padding: seconds.gt(0).optional().describe(
    "Silence in seconds that was added to the shortest of the given stems; absent for up to two frames, which are always added",
  ),
  part: z.strictObject({
    start: seconds,
    end: seconds,
    ends_with_track: z.boolean().describe(
      "Whether --end was behind the end of the track, or absent",
    ),
  }).nullable().describe(
    "Start and end in seconds of the part that --start and --end chose; all times of the result are those of the whole; null " +
      "for the whole",
  ),
  beat_decoder: beatDecoder.nullable()
    .describe("Options of the beat decoder where one is not allin1's; null otherwise"),
  bpm_range: z.tuple([bpm, bpm]).nullable().describe("--bpm-range; null without it"),
  segment_changes: segmentChanges.nullable()
    .describe("Changes that --snap, --merge and --min-segment made; null without them"),
  stems16_sha256: sha256.describe(
    "SHA-256 of the SHA-256, 32 bytes each, of all stems in order, each of the mean of both channels in 16 bit, " +
      "little-endian",
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
 * Schema of the whole result: upstream's keys, `tempo`, `metre`, `label_confidence` and `provenance`.
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
  tempo: fittedTempo.nullable()
    .describe("Tempo fitted to the beats; null when there are fewer than two beats"),
  metre: metre.nullable().describe("Length of the bars; null when there are no beats"),
  label_confidence: z.array(share)
    .describe("Mean probability of the label of each segment over its frames"),
  provenance,
});

const SCHEMAS = {
  segment,
  fittedTempo,
  metre,
  fileIdentity,
  audioFile,
  guardFinding,
  provenance,
  result: resultSchema,
};

/** @internal */
export type ResultSchemas = typeof SCHEMAS;
