/**
 * What single precision can hold of a seam whose errors grow with its level.
 *
 * The separation computes on a mixture of unit level and scales its stems back, so that its errors are a share of their
 * level. Where references are stored, `parity` allows half of the error that upstream's own float32 has there. Where two
 * backends are compared and nothing is stored, the same half follows from the level.
 *
 * @module
 */

import { type SeamDescription, type SeamName, SEAMS } from "./seams.ts";
import type { Tensor } from "../core/tensor.ts";

/** Allowed error of the elements of one array. */
export interface Allowance {
  /** Allowed error of an element, without what its own magnitude adds. */
  readonly absolute: number;
  /** Largest magnitude of the array, where it gave the error; absent where the ordinary tolerance is larger. */
  readonly peak?: number;
  /** Least signal-to-noise ratio in dB; present where `peak` is. */
  readonly leastSnrDecibels?: number;
}

/**
 * Returns the allowed error of a seam that two backends in single precision computed: the ordinary tolerance, or the
 * seam's share of its largest magnitude where that is more.
 *
 * @param seam name of the seam
 * @param expected its array, of the backend that the other one is compared with
 * @param ordinary tolerance of float seams
 */
export function allowance(seam: SeamName, expected: Tensor, ordinary: number): Allowance {
  const { singlePrecision }: SeamDescription = SEAMS[seam];
  if (singlePrecision === undefined) return { absolute: ordinary };
  let peak = 0;
  for (const element of expected.data) {
    const magnitude = Math.abs(Number(element));
    if (magnitude > peak) peak = magnitude;
  }
  const absolute = singlePrecision.shareOfPeak * peak;
  // An array with NaN or infinity fails by another rule.
  if (!(absolute > ordinary && Number.isFinite(absolute))) return { absolute: ordinary };
  return { absolute, peak, leastSnrDecibels: singlePrecision.leastSnrDecibels };
}
