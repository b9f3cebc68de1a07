/**
 * Seeded Hybrid Transformer Demucs: full size, with values from a counter-based hash.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { elementCount, type Tensor, tensor } from "../../core/tensor.ts";
import type { ParameterShape } from "../parameters.ts";
import { type HtdemucsCheckpoint, htdemucsParameters } from "./parameters.ts";
import { encodeSafetensors } from "../encode_safetensors.ts";
import {
  type HtdemucsConfiguration,
  parseHtdemucsConfiguration,
  PUBLISHED_ARGUMENTS,
  PUBLISHED_HTDEMUCS,
  STRIDE,
} from "./configuration.ts";
import { fnv1a32 } from "../../core/counter_random.ts";
import { type SeededRange } from "../all_in_one/seeded.ts";

/** Returns the range of an HTDemucs parameter: variance 1 / fan-in for weights, LayerScales from 0.1 to 0.5. */
export function htdemucsRange({ name, shape }: ParameterShape): SeededRange {
  if (name.endsWith(".scale")) return { offset: 0.3, scale: 0.2 };
  if (name.endsWith(".bias") || name.endsWith("in_proj_bias")) return { offset: 0, scale: 0.05 };
  if (shape.length === 1) return { offset: 1, scale: 0.1 };
  if (name === "freq_emb.embedding.weight") return { offset: 0, scale: 0.1 };
  const fanIn = name.endsWith("conv_tr.weight")
    ? shape[0]! * elementCount(shape.slice(2)) / STRIDE
    : elementCount(shape.slice(1));
  return { offset: 0, scale: Math.sqrt(3 / fanIn) };
}

/**
 * Creates the seeded HTDemucs.
 *
 * @param configuration sizes; those of the published model by default
 * @returns checkpoint named `seeded-htdemucs`
 */
export function seededHtdemucs(
  configuration: HtdemucsConfiguration = PUBLISHED_HTDEMUCS,
): HtdemucsCheckpoint {
  const parameters = htdemucsParameters(configuration);
  const longest = Math.max(...parameters.map(({ shape }) => elementCount(shape)));
  const indexHashes = hashedIndices(longest);
  const tensors = new Map<string, Tensor<"f32">>();
  const hash = createHash("sha256");
  for (const parameter of parameters) {
    const { name, shape } = parameter;
    const values = new Float32Array(elementCount(shape));
    fill(values, fnv1a32(`htdemucs/${name}`), indexHashes, htdemucsRange(parameter));
    tensors.set(name, tensor("f32", shape, values));
    hash.update(values);
  }
  return { name: "seeded-htdemucs", configuration, tensors, sha256: hash.digest("hex") };
}

/**
 * Encodes a seeded HTDemucs as `tools/export_hf.py` of demucs 4.1 does: class and arguments as JSON in the metadata.
 *
 * @param changes arguments other than those of the published model; the segment is always of 39/5 s
 * @param factor factor of all values, by which networks of equal sizes differ
 */
export function seededHtdemucsFile(
  changes: Readonly<Record<string, unknown>>,
  factor = 1,
): Uint8Array<ArrayBuffer> {
  const kwargs = { ...PUBLISHED_ARGUMENTS, ...changes };
  const { tensors } = seededHtdemucs(parseHtdemucsConfiguration({ ...kwargs, segment: 39 / 5 }));
  const scaled = new Map(
    [...tensors].map(([name, { shape, data }]) =>
      [name, tensor("f32", shape, data.map((value) => factor * value))] as const
    ),
  );
  const segment = { _type: "fraction", numerator: 39, denominator: 5 };
  return encodeSafetensors(scaled, {
    klass: "demucs.htdemucs.HTDemucs",
    args: "[]",
    kwargs: JSON.stringify({ ...kwargs, segment }),
  });
}

/** Returns the first half of each value's hash, which depends on its index only. */
function hashedIndices(count: number): Int32Array {
  const hashes = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let x = i;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    hashes[i] = x ^ (x >>> 16);
  }
  return hashes;
}

/** Fills an array like `seededTensor()`, in a loop of 32-bit integers only, for speed: there are 42 million values. */
function fill(
  values: Float32Array,
  seed: number,
  indexHashes: Int32Array,
  { offset, scale }: SeededRange,
): void {
  for (let i = 0; i < values.length; i++) {
    let x = seed ^ indexHashes[i]!;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x ^= x >>> 16;
    values[i] = offset + scale * ((2 * (x >>> 8) + 1 - 0x1000000) / 0x1000000);
  }
}
