/**
 * Stores arrays as `.npy` files, whole or as a sample.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type Elements, type ElementType, encodeElements } from "../core/elements.ts";
import { npyHeader } from "../core/npy.ts";
import { elementCount } from "../core/tensor.ts";
import { type Sample, type StoredArray, takeSample } from "../parity/mod.ts";

/** Elements that are copied at a time. */
const BLOCK_ELEMENTS = 1 << 21;

/** What was stored. */
export interface WrittenArray {
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  /** Type of the elements. */
  readonly type: ElementType;
  /** Shape of the file's array. */
  readonly shape: readonly number[];
  /** The whole array; absent where it is stored whole. */
  readonly sample?: Sample;
}

/**
 * Writes an array of a recording to a file.
 *
 * @param path the file, ending in `.npy`
 * @param source the array
 * @param sample number of elements that are stored of a larger array; absent to store all
 */
export async function storeArray(
  path: string,
  source: StoredArray,
  sample?: number,
): Promise<WrittenArray> {
  const { array, close } = await source.open();
  try {
    const { type, shape } = array;
    const size = elementCount(shape);
    if (sample !== undefined && size > sample) {
      const taken = await takeSample(source, sample);
      const sha256 = await writeParts(path, type, [sample], [taken.elements]);
      return { sha256, type, shape: [sample], sample: taken.sample };
    }
    const blocks = async function* (): AsyncGenerator<Elements> {
      for (let first = 0; first < size; first += BLOCK_ELEMENTS) {
        yield await array.read(first, Math.min(BLOCK_ELEMENTS, size - first));
      }
    };
    return { sha256: await writeParts(path, type, shape, blocks()), type, shape };
  } finally {
    await close();
  }
}

async function writeParts(
  path: string,
  type: ElementType,
  shape: readonly number[],
  blocks: Iterable<Elements> | AsyncIterable<Elements>,
): Promise<string> {
  const hash = createHash("sha256");
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    const header = npyHeader(type, shape);
    hash.update(header);
    yield header;
    for await (const block of blocks) {
      const bytes = encodeElements(type, block);
      hash.update(bytes);
      yield bytes;
    }
  };
  await writeFile(path, parts());
  return hash.digest("hex");
}
