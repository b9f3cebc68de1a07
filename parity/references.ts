/**
 * Reads stored references. Every file is checked against the manifest.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { hash32 } from "../core/counter_random.ts";
import { readNpy } from "../core/npy.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { naiveStems16 } from "../pipeline/naive/stems16.ts";
import { SEAMS } from "../pipeline/seams.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import type { Sample } from "./compare_arrays.ts";
import { type ReferenceEntry, type SampledFile, type StoredFile } from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";

/**
 * Reads a file of the fixtures and checks its hash.
 *
 * @throws {ReferenceError} if the file is missing or its hash differs from the manifest
 */
export async function readVerified(
  entry: StoredFile,
  directory: string = FIXTURES_FOLDER,
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

/**
 * Reads a stored array and checks its hash. A file whose name ends in `.gz` is decompressed.
 *
 * @throws {ReferenceError} if the file is missing or its hash differs from the manifest
 */
export async function readArray(
  entry: StoredFile,
  directory: string = FIXTURES_FOLDER,
): Promise<Tensor> {
  const bytes = await readVerified(entry, directory);
  return readNpy(entry.path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/**
 * Reads one reference and checks hash, type and shape against the manifest.
 *
 * @throws {ReferenceError} if the file is missing or differs from the manifest
 */
export async function readReference(
  entry: ReferenceEntry,
  directory: string = FIXTURES_FOLDER,
): Promise<Tensor> {
  const stored = await readArray(entry, directory);
  const claimed = `${entry.dtype} [${entry.shape.join(", ")}]`;
  const found = `${stored.dtype} [${stored.shape.join(", ")}]`;
  if (claimed !== found) {
    throw new ReferenceError(`${entry.path} is ${found}, but the manifest says ${claimed}`);
  }
  const isRounded = entry.rounded === true && stored.dtype === "f32";
  const reference = isRounded ? naiveStems16(stored as Tensor<"f32">) : stored;
  const { dtype } = SEAMS[entry.seam];
  if (reference.dtype !== dtype) {
    throw new ReferenceError(`${entry.path} is ${found}, but the seam ${entry.seam} is ${dtype}`);
  }
  return reference;
}

/**
 * Reads which elements of its array a reference holds.
 *
 * @returns undefined for a reference that is stored whole
 * @throws {ReferenceError} if the list of indices is missing or differs from the manifest
 */
export async function readSample(
  { path, sample, shape }: ReferenceEntry,
  directory: string = FIXTURES_FOLDER,
): Promise<Sample | undefined> {
  if (sample === undefined) return undefined;
  const { from, statistics, largest } = sample;
  if (largest === undefined) return { shape: from, statistics };
  const { dtype, shape: [length], data } = await readArray(largest, directory);
  const listed = data as Int32Array;
  const [stored = 0, size] = [shape[0], elementCount(from)];
  const isList = dtype === "i32" && length === largest.elements && length <= stored &&
    listed.every((index) => index >= 0 && index < size);
  if (!isList) {
    throw new ReferenceError(
      `${largest.path} is ${dtype} [${length}], expected ${largest.elements} indices of the array that ${path} is a ` +
        `sample of, all below ${size}`,
    );
  }
  return { shape: from, statistics, listed };
}

/**
 * Reads the stored elements of an array.
 *
 * @throws {ReferenceError} if the file is missing or differs from the manifest
 */
export async function readSampled(
  file: SampledFile,
  directory: string = FIXTURES_FOLDER,
): Promise<Tensor<"f32" | "f64">> {
  return await readArray(file, directory) as Tensor<"f32" | "f64">;
}

/**
 * Takes those elements of an array that are stored of its reference.
 *
 * @param file entry of the reference
 * @param stored stored elements
 * @param element returns the array's element at an index in C order of `sampledFrom`
 * @returns a tensor of the type and shape of `stored`
 */
export function takeSampled(
  file: Pick<SampledFile, "sampledFrom">,
  stored: Tensor<"f32" | "f64">,
  element: (index: number) => number,
): Tensor<"f32" | "f64"> {
  const taken = stored.data.map((_, at) => element(sampledIndex(file, at)));
  return tensor(stored.dtype, stored.shape, taken as Float32Array);
}

/** Returns the index in the array, in C order, of the stored element `at`. */
export function sampledIndex(
  { sampledFrom }: Pick<SampledFile, "sampledFrom">,
  at: number,
): number {
  return hash32(at) % elementCount(sampledFrom);
}
