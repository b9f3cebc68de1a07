/**
 * Stored references of inner seams.
 *
 * @module
 */

import { arrayConstructor, type Tensor, tensor } from "../core/tensor.ts";
import type { Reference } from "./reference.ts";
import type { InnerSeamEntry } from "./manifest.ts";
import { readArray } from "./references.ts";

/**
 * Reads the references of inner seams.
 *
 * @param entries entries of the manifest
 * @param directory the fixtures folder
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function readInner(
  entries: readonly InnerSeamEntry[],
  directory: string,
): Promise<Map<string, Reference>> {
  const arrays = await Promise.all(entries.map((entry) => readArray(entry, directory)));
  return new Map(entries.map(({ seam, path, sampledFrom, statistics, upstreamFloat32 }, at) => [
    seam,
    {
      ...{ path, array: arrays[at]!, upstreamFloat32 },
      ...(sampledFrom && { sample: { shape: sampledFrom, statistics } }),
    },
  ]));
}

/**
 * Returns inner seams in the types of their references: a kernel may have another precision than what is stored.
 *
 * @param seams arrays by name
 * @param references references by name
 * @param inner names of the inner seams; others stay as they are
 */
export function asStored(
  seams: Readonly<Record<string, Tensor>>,
  references: ReadonlyMap<string, Reference>,
  inner: readonly string[],
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(seams).map(([seam, values]) => {
      const stored = references.get(seam)?.array;
      const isOther = inner.includes(seam) && stored !== undefined && "data" in stored &&
        stored.dtype !== values.dtype;
      if (!isOther) return [seam, values];
      const { dtype } = stored;
      const data = new (arrayConstructor(dtype))(values.data as never);
      return [seam, tensor(dtype, values.shape, data)];
    }),
  );
}
