/**
 * Arrays of which only some elements are stored.
 *
 * @module
 */

import { hash32 } from "../core/counter_random.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { fixturesDirectory, readVerified, type UpstreamError } from "./manifest.ts";
import { readNpy } from "../core/npy.ts";

/** Elements of an array that is not stored whole: element i is the array's hash32(i) mod size. */
export interface SampledFile {
  /** Path below the fixtures folder. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Shape of the array that they were taken from. */
  readonly sampledFrom: readonly number[];
  /** The error of upstream's own float32; null where that is not known. */
  readonly upstreamFloat32: UpstreamError | null;
}

/** Elements of something that passes between the operations of a stage. */
export interface SampledSeam extends SampledFile {
  /** Its name. */
  readonly seam: string;
  /** Of every element of the array. */
  readonly statistics: { readonly mean: number; readonly rms: number };
}

/**
 * Reads the stored elements.
 *
 * @throws {ReferenceError} if the file is missing or is not what the manifest says
 */
export async function readSampled(
  file: SampledFile,
  directory: string = fixturesDirectory,
): Promise<Tensor<"f32" | "f64">> {
  return readNpy(await readVerified(file, directory)) as Tensor<"f32" | "f64">;
}

/**
 * Takes the elements of an array that are stored of its reference.
 *
 * @param file the reference
 * @param stored its elements
 * @param element gives the array's element at an index in C order of `sampledFrom`
 * @returns as many as are stored, of the same type
 */
export function takeSampled(
  file: Pick<SampledFile, "sampledFrom">,
  stored: Tensor<"f32" | "f64">,
  element: (index: number) => number,
): Tensor<"f32" | "f64"> {
  const taken = stored.data.map((_, at) => element(sampledIndex(file, at)));
  return tensor(stored.dtype, stored.shape, taken as Float32Array);
}

/** The index in the array, in C order, of a stored element. */
export function sampledIndex(
  { sampledFrom }: Pick<SampledFile, "sampledFrom">,
  at: number,
): number {
  return hash32(at) % elementCount(sampledFrom);
}
