/**
 * The beat decoder on any numbers at all.
 *
 * @module
 */

import { decodeBeats, type DecodedBeats } from "../../../kernels/mod.ts";
import { type Bytes, join } from "../bytes.ts";
import type { CounterRandom } from "../../../core/counter_random.ts";
import { seedFiles } from "../seed_files.ts";
import { expect, type Target } from "../target.ts";
import { isRefusal } from "./kernel_errors.ts";

const FRAMES_PER_SECOND = 100;
const MOST_FRAMES = 2_000;
const FRAME_BYTES = 8;
const HEADER_BYTES = 128;
const THRESHOLDS = [0, 0.05, 0.24, 1, -1, NaN, Infinity, -0, 1e-320];

/** Bit patterns of f32 that are not ordinary probabilities. */
const PATTERNS: readonly number[] = [
  ...[0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x322bcc77, 0x3f7fffff],
  ...[0x3f800000, 0x3f800001, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000],
  ...[0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff],
];

/** Reads an input as a threshold (f64) and activations (`[frames, 2]` f32), both little-endian. */
export const beatsTarget: Target = {
  name: "beats",
  share: 1,
  extension: "f32",
  tokens: PATTERNS.map((bits) => new Uint8Array(Uint32Array.of(bits).buffer)),
  seeds: activationSeeds,
  reshape: mutateActivations,
  read: async (input) => {
    const threshold = input.length < 8 ? 0 : new DataView(input.buffer).getFloat64(0, true);
    const bytes = input.slice(8, 8 + MOST_FRAMES * FRAME_BYTES);
    const activations = new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
    const before = bytes.slice();
    expectBeats(await decodeBeats(activations, threshold), Math.floor(activations.length / 2));
    expect(before.every((byte, i) => byte === bytes[i]), "the activations were written to");
  },
  isExpected: isRefusal,
};

/** Fails unless times are frames in ascending order and positions count bars of three or four. */
function expectBeats({ times, positions }: DecodedBeats, frames: number): void {
  expect(times.length === positions.length, `${times.length} times, ${positions.length} positions`);
  times.forEach((time, i) => {
    const frame = Math.round(time * FRAMES_PER_SECOND);
    const isOnFrame = time === frame / FRAMES_PER_SECOND && frame >= 0 && frame < frames;
    expect(isOnFrame, `beat ${i} is at ${time} s of ${frames} frames`);
    expect(i === 0 || time > times[i - 1]!, `beat ${i} at ${time} s is not after the one before`);
  });
  const beatsPerBar = Math.max(3, ...positions);
  positions.forEach((position, i) => {
    expect(position >= 1 && position <= 4, `beat ${i} has position ${position}`);
    const next = positions[i + 1];
    const follows = next === position % beatsPerBar + 1;
    expect(next === undefined || follows, `position ${next} follows ${position}`);
  });
}

async function activationSeeds(): Promise<Bytes[]> {
  const [stored] = await seedFiles("fixtures/references/edge_cases", ["decoder_inputs.npy"]);
  const all = stored!.subarray(HEADER_BYTES);
  const cuts = [[0, 400], [400, 900], [4_000, 600], [12_000, 1_500], [30_000, 300], [0, 0], [9, 1]];
  return cuts.map(([first, count], i) => {
    const threshold = new Uint8Array(Float64Array.of(THRESHOLDS[i % 3]!).buffer);
    const start = first! * FRAME_BYTES;
    return join(threshold, all.subarray(start, start + count! * FRAME_BYTES));
  });
}

/** Puts awkward values over some, many or all activations, and another threshold. */
function mutateActivations(seed: Bytes, random: CounterRandom): Bytes {
  const values = Math.floor((seed.length - 8) / 4);
  const frames = random.oneIn(2) ? values : random.below(values + 5);
  const bytes = new Uint8Array(8 + 4 * Math.max(0, frames));
  bytes.set(seed.subarray(0, bytes.length));
  const view = new DataView(bytes.buffer);
  if (random.oneIn(2)) view.setFloat64(0, random.pick(THRESHOLDS), true);
  const rarity = random.pick([1, 2, 10, 100, 1000]);
  const usesNoise = random.oneIn(3);
  for (let at = 8; at < bytes.length; at += 4) {
    if (!random.oneIn(rarity)) continue;
    view.setUint32(at, usesNoise ? random.bits() : random.pick(PATTERNS), true);
  }
  return bytes;
}
