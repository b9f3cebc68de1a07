/**
 * The manifest of stored references: its schema, the types inferred from it, and reading it.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fixturesRemedy } from "../core/install_command.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import type { JsonOf } from "../core/schema.ts";
import { type SeamName, SEAMS } from "../pipeline/seams.ts";
import { STEMS } from "../pipeline/stems.ts";
import { CLIP_CHANGES } from "./clip_changes.ts";
import { ReferenceError } from "./reference_error.ts";
import { upstreamErrorSchema } from "./report.ts";

const text = z.string();
const length = z.int().min(0);
const shape = z.array(length);

const file = z.object({
  path: text.describe("Path below the fixtures folder"),
  sha256: text.describe("SHA-256 of the file, hexadecimal"),
});

const sampleStatistics = z.object({
  mean: z.number(),
  rms: z.number(),
  max: z.number().describe("Largest absolute value").exactOptional(),
}).describe("Of all elements");

const sample = z.object({
  from: shape.describe("Shape of the whole array"),
  statistics: sampleStatistics,
  largest: file.extend({ elements: length }).describe(
    "Indices, i32 in ascending order, of the elements where upstream's float32 error is largest. They are stored after " +
      "the others, whose element i is hash32(i) mod size",
  ).exactOptional(),
}).describe("Elements of an array that is not stored whole");

const reference = file.extend({
  seam: z.enum(Object.keys(SEAMS) as [SeamName, ...SeamName[]]),
  shape,
  dtype: text,
  generator: text.describe("Script that computed the array"),
  arithmetic: z.enum(["float64", "float32", "integer"]).describe("Arithmetic of the upstream run"),
  upstreamFloat32: upstreamErrorSchema.nullable().describe(
    "Null where upstream's float32 is the reference itself, or the seam has no floats",
  ),
  firstFrames: length.describe("Number of frames stored, from the first; absent for all")
    .exactOptional(),
  rounded: z.literal(true).describe(
    "The file holds float stems; the reference is what they are rounded to",
  ).exactOptional(),
  sample: sample.exactOptional(),
});

const audio = file.extend({
  pcmSha256: text.describe("SHA-256 of the samples as interleaved little-endian 16 bit"),
});

const piece = z.object({
  durationSeconds: z.number(),
  samples: length.describe("Length at 44.1 kHz"),
  metre: length.describe("Beats in a bar"),
  audio: z.record(z.enum([...STEMS, "mix"]), audio),
});

const clip = z.object({
  suite: text.describe("Name of the suite that judges it"),
  piece: text,
  startSample: length.describe("First sample of the clip in the piece, at 44.1 kHz"),
  samples: length,
  change: z.enum(CLIP_CHANGES).describe("Change of the samples; absent for none").exactOptional(),
  pcmSha256: text.describe("SHA-256 of the changed samples as interleaved little-endian 16 bit")
    .exactOptional(),
}).describe("Part of the mix of a piece. Separation is slow, so its references are of clips");

const references = z.array(reference);

const separation = z.object({
  model: text.describe("Name of the separation network in the registry"),
  shifts: z.array(length.nullable()).describe("Time shifts, as in DemixOptions"),
  clips: z.record(text, references),
});

const suite = z.object({
  model: text.describe("Name of the weights in the registry"),
  pieces: z.record(text, references)
    .describe("Absent where the suite judges the separation only").exactOptional(),
  separation: separation.describe("Absent where the suite starts from stems").exactOptional(),
});

const sampledFile = file.extend({
  sampledFrom: shape.describe(
    "Shape of the array. The file holds some of its elements: element i is hash32(i) mod size",
  ),
  upstreamFloat32: upstreamErrorSchema.nullable(),
});

const innerSeam = sampledFile.partial({ sampledFrom: true }).extend({
  seam: text,
  statistics: sampleStatistics,
}).describe("Without sampledFrom, the file holds the whole array");

const separationCheck = sampledFile.extend({
  name: text,
  shiftOffset: length.nullable().describe("Time shift in samples; null for none"),
});

const bf16 = z.object({
  clip: text,
  suite: text.describe("Suite whose references of the clip it is compared with"),
  program: text,
  snrDecibels: z.number().describe("Signal-to-noise ratio of all stems"),
  stems: z.record(z.enum(STEMS), z.number()).describe("Signal-to-noise ratio of each stem, dB"),
  error: upstreamErrorSchema.describe("Error of the same run"),
});

const edgeCase = file.extend({
  name: text.exactOptional(),
  frames: length.exactOptional(),
  samples: length.exactOptional(),
});

const innerOfPiece = z.object({
  suite: text.describe("Suite whose seams of the piece the stage starts from, and is judged by")
    .exactOptional(),
  piece: text,
  seams: z.array(innerSeam),
});

const inner = z.object({
  format: z.literal(2).describe(
    "Has every inner seam of this version; absent in older fixtures, which have some",
  ).exactOptional(),
  spectrogram: innerOfPiece.extend({
    stem: z.enum(STEMS),
    firstBin: length.describe("First bin of the Fourier transform in the seam `magnitude`"),
  }),
  network: innerOfPiece.extend({ model: text }),
  activations: innerOfPiece.exactOptional(),
  metrical: innerOfPiece.extend({ threshold: z.number() }),
  functional: innerOfPiece.exactOptional(),
});

/** Schema of `fixtures/manifest.json`. Fields that only the generators use are not listed. */
const manifestSchema = z.object({
  format: z.literal(1),
  versions: z.record(text, text).describe("Versions of the programs that computed the references"),
  pieces: z.record(text, piece),
  clips: z.record(text, clip),
  suites: z.record(text, suite),
  separation: z.object({
    clip: text,
    seams: z.array(innerSeam).describe("Inner seams of the first segment of the clip"),
    checks: z.array(separationCheck).describe("Stems of the clip under other settings"),
    bf16: bf16.describe("Upstream with products in bfloat16").exactOptional(),
  }).exactOptional(),
  inner: inner.describe("Inner seams of the other stages").exactOptional(),
  cases: z.object({
    decoderOptions: z.array(edgeCase),
    decoderTrials: z.array(edgeCase),
    files: z.array(edgeCase),
    network: z.array(edgeCase),
    spectrogram: z.array(edgeCase),
  }).describe("Edge cases, for tests").exactOptional(),
  chain: z.record(text, file).describe("Results from the mix to the end, for tests")
    .exactOptional(),
});

const SCHEMAS = {
  file,
  reference,
  piece,
  clip,
  separation,
  suite,
  sampledFile,
  innerSeam,
  separationCheck,
  bf16,
  edgeCase,
  manifest: manifestSchema,
};

/** @internal */
type Schemas = typeof SCHEMAS;

/** A stored file and its hash. */
export type StoredFile = JsonOf<Schemas["file"]>;

/** A stored reference of a seam. */
export type ReferenceEntry = JsonOf<Schemas["reference"]>;

/** A piece of music, its stems and their mix. */
export type PieceEntry = JsonOf<Schemas["piece"]>;

/** A part of the mix of a piece. */
export type ClipEntry = JsonOf<Schemas["clip"]>;

/** References of a separation network. */
export type SeparationEntry = JsonOf<Schemas["separation"]>;

/** References of one model. */
export type SuiteEntry = JsonOf<Schemas["suite"]>;

/** Elements of an array that is not stored whole. */
export type SampledFile = JsonOf<Schemas["sampledFile"]>;

/** An inner seam, or elements of it. */
export type InnerSeamEntry = JsonOf<Schemas["innerSeam"]>;

/** Returns the entries of the inner seams of all stages but the separation. */
export function innerEntries({ inner }: Pick<Manifest, "inner">): InnerSeamEntry[] {
  if (inner === undefined) return [];
  const { spectrogram, network, activations, metrical, functional } = inner;
  const stages = [spectrogram, network, activations, metrical, functional];
  return stages.flatMap((stage) => stage?.seams ?? []);
}

/** Elements of the stems of a clip under other settings. */
export type SeparationCheck = JsonOf<Schemas["separationCheck"]>;

/** Signal-to-noise ratios of upstream with products in bfloat16. */
export type Bf16Entry = JsonOf<Schemas["bf16"]>;

/** A stored file with edge cases. */
export type EdgeCaseFile = JsonOf<Schemas["edgeCase"]>;

/** Content of `fixtures/manifest.json`. */
export type Manifest = JsonOf<Schemas["manifest"]>;

/**
 * Reads the manifest.
 *
 * @param directory the fixtures folder
 * @throws {ReferenceError} if it is missing, is not JSON, has another format, lists no suite, or does
 * not match the schema
 */
export async function readManifest(directory: string = FIXTURES_FOLDER): Promise<Manifest> {
  const path = join(directory, "manifest.json");
  let manifest: Manifest | null;
  try {
    manifest = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ReferenceError(
      `Could not read the manifest of references ${path}: ${reasonOf(cause)}${
        fixturesRemedy(directory)
      }`,
      { cause },
    );
  }
  if (manifest?.format !== 1) {
    throw new ReferenceError(
      `${path} has format ${manifest?.format}, but this version reads 1`,
    );
  }
  if (Object.keys(manifest.suites ?? {}).length === 0) {
    throw new ReferenceError(`${path} lists no suite of references`);
  }
  const { error } = manifestSchema.safeParse(manifest);
  if (error !== undefined) {
    throw new ReferenceError(`${path} is not a manifest of references:\n${z.prettifyError(error)}`);
  }
  // As it was read: the schema leaves out what only the generators use.
  return manifest;
}
