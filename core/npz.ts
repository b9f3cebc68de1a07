/**
 * Reads and writes `.npz` archives of arrays.
 *
 * @module
 */

import { type Zippable, zipSync } from "fflate";
import type { Tensor } from "./tensor.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { ArrayError } from "./array_error.ts";
import { DEFAULT_ZIP_LIMITS, readZip, type ZipLimits } from "./zip.ts";

const SUFFIX = ".npy";

/**
 * Reads every array of a `.npz` file, stored or deflated.
 *
 * @param archive content of the file
 * @param limits limits of the unpacked size
 * @returns arrays by name (`beat` for the entry `beat.npy`), in the order of the archive
 * @throws {ArrayError} if the archive or one of its arrays is malformed; the message names the entry
 */
export function readNpz(
  archive: Uint8Array,
  limits: ZipLimits = DEFAULT_ZIP_LIMITS,
): Map<string, Tensor> {
  const arrays = new Map<string, Tensor>();
  for (const [entry, bytes] of readZip(archive, limits)) {
    if (!entry.endsWith(SUFFIX)) {
      throw new ArrayError("archive", `Entry ${entry} of the .npz archive is not a .npy array`);
    }
    arrays.set(entry.slice(0, -SUFFIX.length), readEntry(entry, bytes));
  }
  return arrays;
}

/**
 * Writes arrays as an uncompressed `.npz` archive, as `numpy.savez` does.
 *
 * @param arrays arrays by name, without `.npy`
 * @returns content of the file; equal arrays give equal bytes
 */
export function writeNpz(arrays: Iterable<readonly [string, Tensor]>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, array] of arrays) {
    if (name + SUFFIX in entries) {
      throw new ArrayError("archive", `Cannot write two arrays with the name ${name}`);
    }
    entries[name + SUFFIX] = writeNpy(array);
  }
  return zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1) });
}

function readEntry(entry: string, bytes: Uint8Array): Tensor {
  try {
    return readNpy(bytes);
  } catch (error) {
    if (!(error instanceof ArrayError)) throw error;
    throw new ArrayError(error.problem, `${entry}: ${error.message}`);
  }
}
