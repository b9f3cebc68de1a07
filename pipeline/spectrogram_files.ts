/**
 * Spectrograms that are kept as files and reused.
 *
 * A spectrogram has upstream's name and layout, `NAME.npy` with `[4, frames, 81]` f32, and a file `NAME.tactus.json` that
 * records what it was made from. It is reused only where the record is the same and the values are unchanged.
 *
 * Source: allin1 1.1.0, `spectrogram.py`, for name and layout.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { freeName, NAME_BYTES, writeJson, writeWhole } from "../core/files.ts";
import { npyParts, readNpy, readNpyHeader } from "../core/npy.ts";
import type { JsonOf } from "../core/schema.ts";
import { sha256Of } from "./demix_files.ts";
import { ensureSpaceToKeep, isRecordOf, readHashes } from "./kept_record.ts";
import { BANDS } from "./spectrogram.ts";
import type { SpectrogramRecordSchemas } from "./spectrogram_record_schema.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";

/** Record of what a spectrogram was made from: everything that can change it. */
export type SpectrogramRecord = JsonOf<SpectrogramRecordSchemas["record"]>;

/** Content of the file of the record. */
type RecordFile = JsonOf<SpectrogramRecordSchemas["file"]>;

/** Ending of the file of the record, which is the longest. */
const RECORD_ENDING = ".tactus.json";
const ARRAY_ENDING = ".npy";

/** A kept spectrogram. */
export interface KeptSpectrogram {
  /** `[4, frames, 81]` f32, as the stage makes it. */
  readonly spectrogram: Tensor<"f32">;
  /** SHA-256 of the stems that it was made from. */
  readonly stemsSha256: string;
}

/**
 * Returns the path of a track's spectrogram without its ending: `DIRECTORY/NAME`. Where files of that name belong to
 * another track or to another program, a hash of the track's path is added to the name.
 *
 * @param directory folder of all spectrograms
 * @param track the track
 */
export function spectrogramPath(
  directory: string,
  track: { readonly path: string; readonly name: string },
): string {
  const name = freeName(track, (name) => {
    const path = join(directory, name);
    return isRecordOf(`${path}${RECORD_ENDING}`, track) ??
      (!existsSync(`${path}${ARRAY_ENDING}`) && !existsSync(`${path}${RECORD_ENDING}`));
  }, NAME_BYTES - RECORD_ENDING.length);
  return join(directory, name);
}

/**
 * Reads a kept spectrogram.
 *
 * @param path path without its ending
 * @param record record that it must have
 * @returns undefined where a file is missing, the record differs, or the values were changed
 */
export async function readSpectrogram(
  path: string,
  record: SpectrogramRecord,
): Promise<KeptSpectrogram | undefined> {
  try {
    const hashes = await readHashes(
      `${path}${RECORD_ENDING}`,
      record,
      "spectrogram_sha256",
      "stems16_sha256",
    );
    if (hashes === undefined) return undefined;
    const spectrogram = await readArray(`${path}${ARRAY_ENDING}`);
    const { dtype, shape } = spectrogram;
    if (dtype !== "f32" || shape.length !== 3 || shape[2] !== BANDS) return undefined;
    if (await sha256Of(spectrogram) !== hashes.spectrogram_sha256) return undefined;
    const stemsSha256 = hashes.stems16_sha256 as string;
    return { spectrogram: spectrogram as Tensor<"f32">, stemsSha256 };
  } catch {
    return undefined;
  }
}

/** Reads an array, of f32 as it lies in the file, without a copy. */
async function readArray(path: string): Promise<Tensor> {
  const bytes = await readFile(path);
  const { header: { type, bigEndian, shape, fortranOrder }, dataStart } = readNpyHeader(bytes);
  const start = bytes.byteOffset + dataStart;
  const isAsIs = type === "f32" && !bigEndian && !fortranOrder && start % 4 === 0 &&
    bytes.length - dataStart === 4 * elementCount(shape);
  if (!isAsIs) return readNpy(bytes);
  const data = new Float32Array(bytes.buffer, start, elementCount(shape));
  return tensor("f32", shape, data);
}

/**
 * Writes a spectrogram, the record first: it tells whose name it is, and its hash tells whether the array is complete.
 *
 * @param path path without its ending; the folder is made if it is missing
 * @param record what the spectrogram was made from
 * @param kept the spectrogram and the hash of its stems
 * @throws if a file cannot be written
 */
export async function writeSpectrogram(
  path: string,
  record: SpectrogramRecord,
  { spectrogram, stemsSha256 }: KeptSpectrogram,
): Promise<void> {
  const written: RecordFile = {
    ...record,
    stems16_sha256: stemsSha256,
    spectrogram_sha256: await sha256Of(spectrogram),
  };
  await writeJson(`${path}${RECORD_ENDING}`, written);
  await writeWhole(`${path}${ARRAY_ENDING}`, npyParts(spectrogram));
}

/**
 * Checks before the analysis that the spectrogram will fit.
 *
 * @param path path without its ending
 * @param frames length of the track
 * @throws if the file system has less space
 */
export async function ensureSpaceForSpectrogram(path: string, frames: number): Promise<void> {
  const what = `the spectrogram ${path}${ARRAY_ENDING}`;
  await ensureSpaceToKeep(what, path, 4 * 4 * BANDS * frames);
}
