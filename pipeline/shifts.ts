/**
 * Time shifts of a separation.
 *
 * @module
 */

import { hash32 } from "../core/counter_random.ts";

/** Upper limit of upstream's shifts in samples, exclusive. */
const SHIFT_RANGE = 22_051;

/**
 * Draws the shifts that upstream draws at random; the same seed gives the same shifts.
 *
 * @param count number of passes over the mixture; 0 for one that is not shifted
 * @param seed whole number; pass k gets hash32(seed + k) mod 22051
 * @returns shifts in samples, 0 to 22050, one for each pass; null for a pass without a shift
 */
export function demixShifts(count: number, seed: number): (number | null)[] {
  if (count === 0) return [null];
  return Array.from({ length: count }, (_, pass) => hash32(seed + pass) % SHIFT_RANGE);
}
