/**
 * The manifest of stored references, and reading them with every claim checked.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StemName } from "../pipeline/stems.ts";
import { type SeamName, SEAMS } from "../pipeline/seams.ts";
import type { Tensor } from "../core/tensor.ts";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { readNpy } from "../core/npy.ts";
import { roundedStems } from "./rounded_stems.ts";

/** Names of all suites, the one that needs no download first. */
export const SUITES: readonly string[] = ["seeded", "embedded", "harmonix"];

/** The folder that holds the references, their manifest and the audio that they were made from. */
export const fixturesDirectory: string = join(PROGRAM_FOLDER, "fixtures");

/** A stored reference is not what the manifest says; the message says how. */
export class ReferenceError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "ReferenceError";
}

/** The error of upstream's own float32 arithmetic against the same reference. */
export interface UpstreamError {
  /** Largest absolute error. */
  readonly maxAbs: number;
  /** Largest relative error. */
  readonly maxRel: number;
  /** The smallest t with |error| ≤ t + t · |expected| everywhere. */
  readonly minTolerance: number;
  /** The share of the elements that differ at all, 0 to 1, where that is judged. */
  readonly differing?: number;
}

/** One stored reference. */
export interface ReferenceEntry {
  /** The seam that it is the reference of. */
  readonly seam: SeamName;
  /** Path below the fixtures folder. */
  readonly path: string;
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** The script that made it. */
  readonly generator: string;
  /** The arithmetic that upstream ran in. */
  readonly arithmetic: "float64" | "float32" | "integer";
  /** Null where upstream's float32 is the reference itself, or where there are no floats. */
  readonly upstreamFloat32: UpstreamError | null;
  /** Only this many frames of the seam are stored, from the first. */
  readonly firstFrames?: number;
  /** What is stored are stems as floats, and the seam is what they are rounded to. */
  readonly rounded?: true;
}

/** An audio file of a piece. */
export interface AudioEntry {
  /** Path below the fixtures folder. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of the samples as interleaved little-endian 16 bit. */
  readonly pcmSha256: string;
}

/** A piece of music that references are made from. */
export interface PieceEntry {
  /** Length in seconds. */
  readonly durationSeconds: number;
  /** Length in samples at 44.1 kHz. */
  readonly samples: number;
  /** Beats in a bar. */
  readonly metre: number;
  /** The stems and their mix. */
  readonly audio: Readonly<Record<StemName | "mix", AudioEntry>>;
}

/** A part of a piece's mix: short, since the separation is the slowest of all stages. */
export interface ClipEntry {
  /** Name of the piece. */
  readonly piece: string;
  /** Where the clip starts, in samples at 44.1 kHz. */
  readonly startSample: number;
  /** Its length in samples at 44.1 kHz. */
  readonly samples: number;
}

/** The references of a separation network. */
export interface SeparationEntry {
  /** Name of the network in the registry. */
  readonly model: string;
  /** As in `DemixOptions`. */
  readonly shifts: readonly (number | null)[];
  /** The references of each clip: of the stages that a mixture is fed to, and of no other. */
  readonly clips: Readonly<Record<string, readonly ReferenceEntry[]>>;
}

/** The references of one model. */
export interface SuiteEntry {
  /** Name of the model in the registry. */
  readonly model: string;
  /** The references of each piece. */
  readonly pieces: Readonly<Record<string, readonly ReferenceEntry[]>>;
  /** The references of the network that comes before it; absent where the suite starts from stems. */
  readonly separation?: SeparationEntry;
}

/** What `fixtures/manifest.json` holds. */
export interface Manifest {
  /** Version of the layout. */
  readonly format: number;
  /** Versions of the programs that made the references. */
  readonly versions: Readonly<Record<string, string>>;
  /** The music, by name. */
  readonly pieces: Readonly<Record<string, PieceEntry>>;
  /** Parts of their mixes, by name. */
  readonly clips: Readonly<Record<string, ClipEntry>>;
  /** The references, by the name of the suite. */
  readonly suites: Readonly<Record<string, SuiteEntry>>;
}

/** The manifest format that this program reads. */
const FORMAT = 1;

/**
 * Reads the manifest.
 *
 * @param directory the fixtures folder
 * @throws {ReferenceError} if it is missing, is not JSON, has another format, or lists no suite
 */
export async function readManifest(directory: string = fixturesDirectory): Promise<Manifest> {
  const path = join(directory, "manifest.json");
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ReferenceError(
      `Could not read the manifest of references ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (manifest?.format !== FORMAT) {
    throw new ReferenceError(
      `${path} has format ${manifest?.format}, but this version reads ${FORMAT}`,
    );
  }
  if (Object.keys(manifest.suites ?? {}).length === 0) {
    throw new ReferenceError(`${path} lists no suite of references`);
  }
  return manifest;
}

/**
 * Reads one reference and checks hash, type and shape against the manifest.
 *
 * @throws {ReferenceError} if the file is missing or is not what the manifest says
 */
export async function readReference(
  entry: ReferenceEntry,
  directory: string = fixturesDirectory,
): Promise<Tensor> {
  const stored = readNpy(await readVerified(entry, directory));
  const claimed = `${entry.dtype} [${entry.shape.join(", ")}]`;
  const found = `${stored.dtype} [${stored.shape.join(", ")}]`;
  if (claimed !== found) {
    throw new ReferenceError(`${entry.path} is ${found}, but the manifest says ${claimed}`);
  }
  const isRounded = entry.rounded === true && stored.dtype === "f32";
  const tensor = isRounded ? roundedStems(stored as Tensor<"f32">) : stored;
  const { dtype } = SEAMS[entry.seam];
  if (tensor.dtype !== dtype) {
    throw new ReferenceError(`${entry.path} is ${found}, but the seam ${entry.seam} is ${dtype}`);
  }
  return tensor;
}

/**
 * Reads a file of the fixtures and checks its hash.
 *
 * @throws {ReferenceError} if it is missing or its hash is another than the manifest says
 */
export async function readVerified(
  entry: { readonly path: string; readonly sha256: string },
  directory: string = fixturesDirectory,
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(directory, entry.path));
  } catch (cause) {
    throw new ReferenceError(`The reference ${entry.path} is missing`, { cause });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== entry.sha256) {
    throw new ReferenceError(
      `The reference ${entry.path} was changed: its SHA-256 is ${sha256}, ` +
        `but the manifest says ${entry.sha256}`,
    );
  }
  return bytes;
}
