/**
 * Separated stems that are kept as files and reused.
 *
 * The folder of a track has demucs' layout, `DEMIXER/TRACK/{bass,drums,other,vocals}.wav`, and a file
 * `tactus.json` that records how the stems were made. Stems are reused only where the record is the
 * same and the samples are unchanged.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { freeName, temporaryName, UNFINISHED_NAME, writeJson, writeWhole } from "../core/files.ts";
import { arraySha256 } from "../core/hash.ts";
import { interruptible } from "../core/interruption.ts";
import { openStem } from "../kernels/mod.ts";
import type { JsonOf } from "../core/schema.ts";
import type { DemixRecordSchemas } from "./demix_record_schema.ts";
import { ensureSpaceToKeep, isRecordOf, readHashes } from "./kept_record.ts";
import { HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { meanOf } from "./stems_hash.ts";
import { readStems, STEMS } from "./stems.ts";
import type { Tensor } from "../core/tensor.ts";
import { encodeWav, type OpenWav, openWav } from "./wav.ts";

/** Record of how stems were made: everything that can change them. */
export type DemixRecord = JsonOf<DemixRecordSchemas["record"]>;

/** Content of the file of the record. */
type RecordFile = JsonOf<DemixRecordSchemas["file"]>;

const RECORD_FILE = "tactus.json";

/**
 * Returns the folder of a track's stems: `DIRECTORY/DEMIXER/NAME`. Where that folder belongs to another
 * track or to another program, a hash of the track's path is added to the name.
 *
 * @param directory folder of all stems
 * @param demixer name of the separation network
 * @param track the track
 */
export function demixFolder(
  directory: string,
  demixer: string,
  track: { readonly path: string; readonly name: string },
): string {
  const parent = join(directory, demixer);
  const name = freeName(track, (name) => {
    const folder = join(parent, name);
    return isRecordOf(join(folder, RECORD_FILE), track) ?? hasNoFiles(folder);
  });
  return join(parent, name);
}

/** Returns whether a folder is missing or has at most what a killed run left unfinished. */
function hasNoFiles(folder: string): boolean {
  try {
    return readdirSync(folder).every((name) => UNFINISHED_NAME.test(name));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/**
 * Returns whether stems of a track are kept, of whatever record.
 *
 * @param directory folder of all stems
 * @param demixer name of the separation network
 * @param track the track
 */
export function hasDemixed(
  directory: string,
  demixer: string,
  track: { readonly path: string; readonly name: string },
): boolean {
  const folder = demixFolder(directory, demixer, track);
  return [RECORD_FILE, ...STEMS.map((stem) => `${stem}.wav`)]
    .every((file) => existsSync(join(folder, file)));
}

/**
 * Reads kept stems.
 *
 * @param folder folder of the track
 * @param record record that the stems must have
 * @returns `[4, 2, samples]` i16; undefined where stems are missing, have another record, or were changed
 */
export async function readDemixed(
  folder: string,
  record: DemixRecord,
): Promise<Tensor<"i16"> | undefined> {
  try {
    const hashes = await readHashes(join(folder, RECORD_FILE), record, "stems16_sha256");
    if (hashes === undefined) return undefined;
    const { stems16 } = await readStems(stemPaths(folder));
    return await sha256Of(stems16) === hashes.stems16_sha256 ? stems16 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads kept stems as {@linkcode readDemixed} without holding them.
 *
 * @param folder folder of the track
 * @param record record that the stems must have
 * @returns SHA-256, 32 bytes, of the mean of both channels of each stem; undefined where stems are missing, have another
 * record, or were changed
 */
export async function readDemixedDigests(
  folder: string,
  record: DemixRecord,
): Promise<readonly Uint8Array[] | undefined> {
  try {
    const hashes = await readHashes(join(folder, RECORD_FILE), record, "stems16_sha256");
    if (hashes === undefined) return undefined;
    const found = await hashStemFiles(stemPaths(folder));
    return found.sha256 === hashes.stems16_sha256 ? found.digests : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the files of kept stems. */
export function stemPaths(folder: string): string[] {
  return STEMS.map((stem) => join(folder, `${stem}.wav`));
}

/** Number of samples hashed at a time. */
const PIECE_SAMPLES = 2 ** 18;

/** Hashes of stems in files: of all samples as they lie in memory, and of the mean of both channels of each. */
interface StemHashes {
  readonly sha256: string;
  readonly digests: readonly Uint8Array[];
}

async function hashStemFiles(paths: readonly string[]): Promise<StemHashes> {
  const hash = createHash("sha256");
  const digests: Uint8Array[] = [];
  const buffer = new Int16Array(2 * PIECE_SAMPLES);
  for (const path of paths) {
    const file = await openPieces(path);
    try {
      const digest = createHash("sha256");
      // All of the left channel comes before the right one.
      for (const channel of [0, 1]) {
        for (let first = 0; first < file.samples; first += PIECE_SAMPLES) {
          const count = Math.min(PIECE_SAMPLES, file.samples - first);
          const piece = buffer.subarray(0, 2 * count);
          await file.read(first, piece);
          hash.update(piece.subarray(channel * count, (channel + 1) * count));
          if (channel === 0) digest.update(meanOf(piece));
        }
      }
      digests.push(digest.digest());
    } finally {
      await file.close();
    }
  }
  return { sha256: hash.digest("hex"), digests };
}

/** Opens a stem to be read piece by piece; one that another program has written is decoded as a whole. */
async function openPieces(path: string): Promise<OpenWav> {
  const own = await openWav(path);
  if (own !== undefined) return own;
  const { samples, read, close } = await openStem(path, SAMPLE_RATE_HZ, Number.MAX_SAFE_INTEGER);
  return {
    samples,
    read: (first, piece) => read(first, 2, piece),
    close: () => Promise.resolve(close()),
  };
}

/**
 * Returns the folder in which allin1 or demucs have kept the stems of a track, `DIRECTORY/htdemucs/NAME`.
 *
 * @param directory folder of all stems
 * @param track the track
 * @returns undefined where there are none, or they were made by this program
 */
export function upstreamFolder(
  directory: string,
  { name }: { readonly name: string },
): string | undefined {
  const folder = join(directory, "htdemucs", name);
  const has = (file: string): boolean => existsSync(join(folder, file));
  return !has(RECORD_FILE) && STEMS.every((stem) => has(`${stem}.wav`)) ? folder : undefined;
}

/** Correlation of a mixture with the sum of its stems, below which the stems are of another track. */
const LEAST_CORRELATION = 0.5;

/**
 * Returns whether stems can be those of a mixture: they are as long, and their sum is like it.
 *
 * @param stems16 `[4, 2, samples]` i16
 * @param mixture `[2, samples]` f32
 */
export function areStemsOf(stems16: Tensor<"i16">, mixture: Tensor<"f32">): boolean {
  const [stems = 0, channels = 0, samples = 0] = stems16.shape;
  const [, length = 0] = mixture.shape;
  if (Math.abs(samples - length) > 2 * HOP_SAMPLES) return false;
  let [both, ofMix, ofStems] = [0, 0, 0];
  for (let channel = 0; channel < channels; channel++) {
    for (let at = 0; at < Math.min(samples, length); at++) {
      let sum = 0;
      for (let stem = 0; stem < stems; stem++) {
        sum += stems16.data[(stem * channels + channel) * samples + at]!;
      }
      const value = mixture.data[channel * length + at]!;
      both += sum * value;
      ofMix += value * value;
      ofStems += sum * sum;
    }
  }
  if (ofMix === 0 || ofStems === 0) return ofMix === ofStems;
  return both / Math.sqrt(ofMix * ofStems) >= LEAST_CORRELATION;
}

/**
 * Checks before the separation that the stems will fit.
 *
 * @param folder folder of the track
 * @param samples length of the track
 * @throws if the file system has less space
 */
export async function ensureSpaceForStems(folder: string, samples: number): Promise<void> {
  await ensureSpaceToKeep(`the stems in ${folder}`, folder, STEMS.length * 4 * samples);
}

/**
 * Writes stems, the record first: it tells whose folder it is, and its hash tells whether the stems are complete.
 *
 * @param folder folder of the track; made if it is missing
 * @param record how the stems were made
 * @param stems16 `[4, 2, samples]` i16
 * @throws if the folder or a file cannot be written
 */
export async function writeDemixed(
  folder: string,
  record: DemixRecord,
  stems16: Tensor<"i16">,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const written: RecordFile = { ...record, stems16_sha256: await sha256Of(stems16) };
  await writeJson(join(folder, RECORD_FILE), written);
  const length = stems16.data.length / STEMS.length;
  for (const [at, stem] of STEMS.entries()) {
    const wav = encodeWav(stems16.data.subarray(at * length, (at + 1) * length));
    await writeWhole(join(folder, `${stem}.wav`), wav);
  }
}

/**
 * Keeps stems while they are made: they get their names when all are complete.
 *
 * @param folder folder of the track; made if it is missing
 * @param record how the stems are made
 * @param make makes the stems: WAV files of 16-bit stereo at the given paths
 * @returns the result of `make`
 * @throws if the folder or a file cannot be written, or `make` fails; nothing is left then
 */
export async function keepDemixed<Result>(
  folder: string,
  record: DemixRecord,
  make: (paths: readonly string[]) => Promise<Result>,
): Promise<Result> {
  await mkdir(folder, { recursive: true });
  const paths = stemPaths(folder);
  const unfinished = paths.map((path) => join(folder, temporaryName(basename(path))));
  const remove = (): void => {
    for (const path of unfinished) rmSync(path, { force: true });
  };
  return await interruptible(remove, async () => {
    try {
      const result = await make(unfinished);
      const { sha256 } = await hashStemFiles(unfinished);
      // The record first: it tells whose folder it is, and its hash tells whether the stems are complete.
      const written: RecordFile = { ...record, stems16_sha256: sha256 };
      await writeJson(join(folder, RECORD_FILE), written);
      for (const [at, path] of paths.entries()) await rename(unfinished[at]!, path);
      return result;
    } finally {
      remove();
    }
  });
}

/** Returns the SHA-256 of a tensor's elements in memory order, hexadecimal. */
export async function sha256Of({ data }: Tensor): Promise<string> {
  return await arraySha256(data);
}
