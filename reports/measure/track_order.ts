/**
 * The order in which tracks are measured.
 *
 * @module
 */

import { CounterRandom } from "../../core/counter_random.ts";

/** One measurement that is to be made. */
export interface Turn {
  /** Negative for a warm-up. */
  readonly round: number;
  /** Index of the track. */
  readonly track: number;
  /** Index of the variant. */
  readonly variant: number;
}

/** How many of what. */
export interface OrderOptions {
  /** Number of tracks. */
  readonly tracks: number;
  /** Number of variants. */
  readonly variants: number;
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Another seed, another order. */
  readonly seed: number;
}

/**
 * Every track with every variant once a round, each round in another random order: whatever else the machine does
 * hits all of them alike, and none profits from always coming after the same other.
 *
 * @param options how many of what
 * @returns warm-ups first
 */
export function turnsOf({ tracks, variants, warmUps, rounds, seed }: OrderOptions): Turn[] {
  const turns: Turn[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const random = new CounterRandom(`${seed}/${round}`);
    const order = Array.from({ length: tracks * variants }, (_, at) => at);
    for (let at = order.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    for (const at of order) {
      turns.push({ round, track: at % tracks, variant: Math.floor(at / tracks) });
    }
  }
  return turns;
}
