/**
 * Options of `analyze` for what is found and how it is told: the decoder of the beats, the range of the tempo, the segments.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";
import { DECODER_DEFAULTS, type DecoderOptions } from "../kernels/decoder_options.ts";
import type { FindingOptions, SegmentOptions } from "../pipeline/mod.ts";
import { type ArgumentType, expected, numberFrom, oneOf, seconds } from "./argument_types.ts";
import { flag, option, type Values } from "./command.ts";

/** Most beats in a bar. */
const MOST_BEATS = 16;

const BAR_LENGTHS: ArgumentType<readonly number[]> = {
  name: "n,n",
  range: `whole numbers from 1 to ${MOST_BEATS}, with commas between them`,
  parse(text, option): readonly number[] {
    const numbers = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
    const areLengths = numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_BEATS);
    if (areLengths && new Set(numbers).size === numbers.length) return numbers;
    throw expected(
      option,
      `different whole numbers from 1 to ${MOST_BEATS} with commas between them`,
      text,
    );
  },
};

const BPM_RANGE: ArgumentType<readonly [number, number]> = {
  name: "bpm,bpm",
  range: "two tempi at least an octave apart",
  parse(text, option): readonly [number, number] {
    const [slowest = NaN, fastest = NaN, ...more] = text.split(",").map((part) =>
      part.trim() === "" ? NaN : Number(part)
    );
    const isRange = more.length === 0 && slowest > 0 && fastest >= 2 * slowest &&
      Number.isFinite(fastest);
    if (isRange) return [slowest, fastest];
    throw expected(
      option,
      "two tempi of which the second is at least twice the first, such as 90,180",
      text,
    );
  },
};

/** The decoder of the beats, the range of the fitted tempo, and changes of the segments. */
export const FINDING_OPTIONS = {
  minBpm: option(numberFrom("bpm", 10, 360), "slowest tempo that the beat decoder tries")
    .shownDefault(String(DECODER_DEFAULTS.minBpm)),
  maxBpm: option(numberFrom("bpm", 10, 360), "fastest tempo that the beat decoder tries")
    .shownDefault(String(DECODER_DEFAULTS.maxBpm)),
  beatsPerBar: option(BAR_LENGTHS, "lengths of bars in beats that the beat decoder tries")
    .shownDefault(DECODER_DEFAULTS.beatsPerBar.join()),
  transitionLambda: option(
    numberFrom("x", 0, 1e6),
    "strength of the beat decoder's preference for a constant tempo",
  ).shownDefault(String(DECODER_DEFAULTS.transitionLambda)),
  bpmRange: option(
    BPM_RANGE,
    "range into which the fitted tempo is moved by octaves; beats and bpm stay as they are",
  ),
  snap: option(
    oneOf("to", ["downbeat"] as const),
    "move each boundary between two segments to the nearest downbeat",
  ),
  merge: flag("join neighbouring segments of one label"),
  minSegment: option(
    seconds(),
    "give each segment that is shorter to its longer neighbour, the shortest first",
  ),
} as const;

/**
 * Returns what {@linkcode FINDING_OPTIONS} set.
 *
 * @param values values of the options
 * @throws {UsageError} if the slowest tempo is above the fastest
 */
export function findingsOf(values: Values<typeof FINDING_OPTIONS>): FindingOptions {
  const { minBpm, maxBpm, beatsPerBar, transitionLambda, bpmRange, snap, merge, minSegment } =
    values;
  const decoder: DecoderOptions = {
    minBpm: minBpm ?? DECODER_DEFAULTS.minBpm,
    maxBpm: maxBpm ?? DECODER_DEFAULTS.maxBpm,
    beatsPerBar: beatsPerBar ?? DECODER_DEFAULTS.beatsPerBar,
    transitionLambda: transitionLambda ?? DECODER_DEFAULTS.transitionLambda,
  };
  if (decoder.minBpm > decoder.maxBpm) {
    throw new UsageError(
      `Expected --min-bpm below --max-bpm, but got ${decoder.minBpm} and ${decoder.maxBpm}`,
    );
  }
  const segments: SegmentOptions = {
    ...(snap !== undefined && { snap }),
    ...(merge && { merge }),
    ...(minSegment !== undefined && { minSegmentSeconds: minSegment }),
  };
  return {
    decoder,
    ...(bpmRange !== undefined && { bpmRange }),
    ...(Object.keys(segments).length > 0 && { segments }),
  };
}
