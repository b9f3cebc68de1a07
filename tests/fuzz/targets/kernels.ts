/**
 * The kernels: audio files of every format that is decoded, and the beat decoder on arbitrary numbers.
 *
 * @module
 */

import {
  decodeBeats,
  type DecodedAudio,
  type DecodedBeats,
  type DecodedStem,
  DECODER_DEFAULTS,
  type DecoderOptions,
  KernelError,
  openAudio,
  openStem,
} from "../../../kernels/mod.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mutateAudio } from "../audio_mutations.ts";
import { allUtf8, type Bytes, concat } from "../bytes.ts";
import { expect, seedFiles, type Target } from "../target.ts";
import type { CounterRandom } from "../../../core/counter_random.ts";

/** Message of the kernels after a panic outside of the codecs. */
const OWN_FAULT = /defect in tactus/;

/**
 * Returns whether the kernels refused an input.
 *
 * A panic in a codec of another project is caught and counts as a refusal. A panic in the code of this project is a
 * defect, although its error has the same type.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof KernelError && !OWN_FAULT.test(error.message);
}

const RATE_HZ = 44_100;
/** Value of the output before the kernel writes to it. */
const UNTOUCHED = 12_345;
/** Audio, without the stored samples and their table. */
const AUDIO = /\.(?!(f32|tsv)$)\w+$/;

/** Decodes a file and reads its samples as floats and as 16 bit. */
export const audioTarget: Target = {
  name: "audio",
  share: 4,
  extension: "audio",
  tokens: allUtf8(
    ...["RIFF", "WAVE", "fmt ", "data", "LIST", "fact", "FORM", "AIFC", "COMM", "fLaC"],
    ...["RIFX", "RF64", "BW64", "ds64", "SSND", "in24", "sowt", "ima4", ".snd"],
    ...["caff", "desc", "pakt", "kuki"],
    ...["OggS", "\x01vorbis", "\x05vorbis", "OpusHead", "ID3", "TAG", "Xing", "Info", "LAME"],
    ...["ftyp", "moov", "trak", "mdia", "stbl", "stsd", "stts", "stsz", "stco", "co64", "stsc"],
    ...["edts", "elst", "mdat", "mp4a", "alac", "esds", "free", "moof", "mvex", "uuid"],
    ...["caff", "desc", "pakt", "kuki", "chan", ".snd", "RIFX", "RF64", "ds64", "riff", "wave"],
  ),
  seeds: async () => {
    const folders = ["fixtures/audio/formats", "fixtures/audio/mp4"];
    return (await Promise.all(folders.map((folder) => seedFiles(folder, AUDIO)))).flat();
  },
  reshape: mutateAudio,
  read: async (input, scratch) => {
    const path = join(scratch, "fuzzed.audio");
    await writeFile(path, input);
    const audio = await openAudio(path, RATE_HZ);
    try {
      const stem = await openStem(path, RATE_HZ, Number.MAX_SAFE_INTEGER);
      try {
        await expectConsistentAudio(audio, stem);
      } finally {
        stem.close();
      }
    } finally {
      audio.close();
    }
  },
  isExpected: isRefusal,
};

/** Checks that there are samples, that all are finite, and that the stem is their rounding, then silence. */
async function expectConsistentAudio(audio: DecodedAudio, stem: DecodedStem): Promise<void> {
  const { channels, samples, codec, sourceSampleRateHz } = audio;
  const claimed = `${channels} channels of ${samples} samples`;
  expect(channels >= 1 && samples >= 1, claimed);
  expect(codec !== "" && sourceSampleRateHz > 0, `codec "${codec}" at ${sourceSampleRateHz} Hz`);
  const { shape, data } = await audio.read();
  expect(
    shape.join() === `${channels},${samples}` && data.length === channels * samples,
    `${claimed} came as [${shape.join(", ")}]`,
  );
  const notFinite = data.findIndex((value) => !Number.isFinite(value));
  expect(notFinite < 0, `element ${notFinite} of [${shape.join(", ")}] is ${data[notFinite]}`);

  const capacity = samples + 3;
  const stereo = new Int16Array(2 * capacity).fill(UNTOUCHED);
  expect(stem.samples === samples, `a stem of ${stem.samples} samples, but ${claimed}`);
  await stem.read(0, 2, stereo);
  for (let side = 0; side < 2; side++) {
    const from = Math.min(side, channels - 1) * samples;
    for (let i = 0; i < capacity; i++) {
      const value = i < samples ? rounded(data[from + i]!) : 0;
      const came = stereo[side * capacity + i];
      expect(came === value, `sample ${i} of side ${side} is ${came}, expected ${value}`);
    }
  }
}

/** Rounds a sample half to even, saturated. */
function rounded(sample: number): number {
  const scaled = sample * 32_768;
  const floor = Math.floor(scaled);
  const isTie = scaled - floor === 0.5;
  const nearest = isTie ? floor + (floor & 1) : Math.round(scaled);
  return Math.max(-32_768, Math.min(32_767, nearest));
}

const FRAMES_PER_SECOND = 100;
const MOST_FRAMES = 2_000;
const FRAME_BYTES = 8;
const HEADER_BYTES = 128;
const THRESHOLDS = [0, 0.05, 0.24, 1, -1, NaN, Infinity, -0, 1e-320];

/** Bit patterns of f32 at the ends of its ranges. */
const PATTERNS: readonly number[] = [
  ...[0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x322bcc77, 0x3f7fffff],
  ...[0x3f800000, 0x3f800001, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000],
  ...[0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff],
];

/** Decodes an input: a threshold (f64) and activations (`[frames, 2]` f32), both little-endian. */
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
    for (const options of DECODER_OPTIONS) {
      const decoded = await decodeBeats(activations, threshold, options);
      expectBeats(decoded, Math.floor(activations.length / 2), options);
    }
    expect(before.every((byte, i) => byte === bytes[i]), "the activations were written to");
  },
  isExpected: isRefusal,
};

/** allin1's options, and others that the decoder searches differently. */
const DECODER_OPTIONS: readonly DecoderOptions[] = [
  DECODER_DEFAULTS,
  { minBpm: 30, maxBpm: 300, beatsPerBar: [2, 5, 7], transitionLambda: 10 },
  { minBpm: 110, maxBpm: 117, beatsPerBar: [1], transitionLambda: 1000 },
];

/** Checks that times are frames in ascending order, that positions count bars, and the numbers of the metre. */
function expectBeats(
  { times, positions, metre }: DecodedBeats,
  frames: number,
  options: DecoderOptions,
): void {
  expect(times.length === positions.length, `${times.length} times, ${positions.length} positions`);
  times.forEach((time, i) => {
    const frame = Math.round(time * FRAMES_PER_SECOND);
    const isOnFrame = time === frame / FRAMES_PER_SECOND && frame >= 0 && frame < frames;
    expect(isOnFrame, `beat ${i} is at ${time} s of ${frames} frames`);
    expect(i === 0 || time > times[i - 1]!, `beat ${i} at ${time} s is not after the one before`);
  });
  if (metre === null) return expect(times.length === 0, `${times.length} beats without a metre`);
  const { beatsPerBar, bars, disagreeing, confidence } = metre;
  expect(options.beatsPerBar.includes(beatsPerBar), `bars of ${beatsPerBar}`);
  expect(bars > 0 && disagreeing >= 0 && disagreeing <= bars, `${disagreeing} of ${bars} bars`);
  expect(confidence >= 0 && confidence <= 1, `a confidence of ${confidence}`);
  positions.forEach((position, i) => {
    expect(position >= 1 && position <= beatsPerBar, `beat ${i} has position ${position}`);
    const next = positions[i + 1];
    const follows = next === position % beatsPerBar + 1;
    expect(next === undefined || follows, `position ${next} follows ${position}`);
  });
}

async function activationSeeds(): Promise<Bytes[]> {
  const [stored] = await seedFiles("fixtures/references/edge_cases", /^decoder_inputs\.npy$/);
  const all = stored!.subarray(HEADER_BYTES);
  const cuts = [[0, 400], [400, 900], [4_000, 600], [12_000, 1_500], [30_000, 300], [0, 0], [9, 1]];
  return cuts.map(([first, count], i) => {
    const threshold = new Uint8Array(Float64Array.of(THRESHOLDS[i % 3]!).buffer);
    const start = first! * FRAME_BYTES;
    return concat(threshold, all.subarray(start, start + count! * FRAME_BYTES));
  });
}

/** Overwrites some, many or all activations with awkward values, and the threshold. */
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
