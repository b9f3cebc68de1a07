/**
 * The hash of the stems of an analysis, for its provenance.
 *
 * It is the SHA-256 of the SHA-256 of each stem, of the mean of both channels in 16 bit, little-endian: stems that
 * are made at the same time and used up can be hashed at the same time too.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Tensor } from "../core/tensor.ts";

/**
 * Returns the hash of stems.
 *
 * @param digests SHA-256, 32 bytes, of the mean of both channels of each stem in 16 bit
 * @returns hexadecimal
 */
export function hashOfDigests(digests: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const digest of digests) hash.update(digest);
  return hash.digest("hex");
}

/**
 * Returns the hash of stems that are in memory.
 *
 * @param stems16 `[stems, 1 or 2, samples]` i16
 * @returns hexadecimal
 */
export function sha256OfStems({ shape, data }: Tensor<"i16">): string {
  const [stems = 0, channels = 0, samples = 0] = shape;
  return hashOfDigests(
    Array.from({ length: stems }, (_, stem) => {
      const planes = data.subarray(stem * channels * samples, (stem + 1) * channels * samples);
      return createHash("sha256").update(channels === 1 ? planes : meanOf(planes)).digest();
    }),
  );
}

/**
 * Returns the mean of two channels, truncated toward zero.
 *
 * @param planes `[2, samples]` i16
 * @returns `[samples]` i16
 */
export function meanOf(planes: Int16Array): Int16Array {
  const samples = planes.length / 2;
  const mean = new Int16Array(samples);
  for (let at = 0; at < samples; at++) {
    mean[at] = Math.trunc((planes[at]! + planes[samples + at]!) / 2);
  }
  return mean;
}
