/**
 * Options of the beat decoder.
 *
 * @module
 */

/** Tempi and bars that the decoder tries. */
export interface DecoderOptions {
  /** Slowest tempo, beats a minute, from 10. */
  readonly minBpm: number;
  /** Fastest tempo, beats a minute, up to 360. */
  readonly maxBpm: number;
  /** Lengths of bars in beats, from 1 to 16; at equal scores the first one wins. */
  readonly beatsPerBar: readonly number[];
  /** Strength of the preference for a constant tempo from one beat to the next, at least 0. */
  readonly transitionLambda: number;
}

/** Options of allin1. */
export const DECODER_DEFAULTS: DecoderOptions = {
  minBpm: 55,
  maxBpm: 215,
  beatsPerBar: [3, 4],
  transitionLambda: 100,
};
