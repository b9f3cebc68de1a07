/**
 * The shifts of a separation.
 *
 * @module
 */

import { hash32 } from "../core/counter_random.ts";

/** Samples: upstream's shifts are below this. */
const SHIFT_RANGE = 22_051;

/**
 * Draws the shifts that upstream draws at random, the same for the same seed.
 *
 * @param count number of passes over the mixture; 0 for one that is not shifted
 * @param seed whole number; pass k gets hash32(seed + k) mod 22051
 * @returns samples, 0 to 22050, one for each pass; null for the pass that is not shifted
 */
export function demixShifts(count: number, seed: number): (number | null)[] {
  if (count === 0) return [null];
  return Array.from({ length: count }, (_, pass) => hash32(seed + pass) % SHIFT_RANGE);
}
