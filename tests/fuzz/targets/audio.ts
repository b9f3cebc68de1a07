/**
 * Audio files of every format that is decoded.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DecodedAudio, type DecodedStem, openAudio, openStem } from "../../../kernels/mod.ts";
import { mutateAudio } from "../audio_mutations.ts";
import { allUtf8 } from "../bytes.ts";
import { seedFiles } from "../seed_files.ts";
import { expect, type Target } from "../target.ts";
import { isRefusal } from "./kernel_errors.ts";

const RATE_HZ = 44_100;
/** What is in the output before the kernel writes to it. */
const UNTOUCHED = 12_345;
const ENDINGS = ["wav", "aiff", "aifc", "flac", "mp3", "ogg", "opus", "aac", "m4a", "mp4"];

/** Decodes a file and fetches its samples in both ways. */
export const audioTarget: Target = {
  name: "audio",
  share: 4,
  extension: "audio",
  tokens: allUtf8(
    ...["RIFF", "WAVE", "fmt ", "data", "LIST", "fact", "FORM", "AIFC", "COMM", "SSND", "fLaC"],
    ...["OggS", "\x01vorbis", "\x05vorbis", "OpusHead", "ID3", "TAG", "Xing", "Info", "LAME"],
    ...["ftyp", "moov", "trak", "mdia", "stbl", "stsd", "stts", "stsz", "stco", "co64", "stsc"],
    ...["edts", "elst", "mdat", "mp4a", "alac", "esds", "free", "moof", "mvex", "uuid"],
  ),
  seeds: () => seedFiles("fixtures/audio/formats", ENDINGS.map((ending) => `.${ending}`)),
  reshape: mutateAudio,
  read: async (input, scratch) => {
    const path = join(scratch, "fuzzed.audio");
    await writeFile(path, input);
    const audio = await openAudio(path, RATE_HZ);
    try {
      const stem = await openStem(path, RATE_HZ, Number.MAX_SAFE_INTEGER);
      try {
        await expectSoundAudio(audio, stem);
      } finally {
        stem.close();
      }
    } finally {
      audio.close();
    }
  },
  isExpected: isRefusal,
};

/** Fails unless there are samples, all of them finite, and the stem is their rounding, then silence. */
async function expectSoundAudio(audio: DecodedAudio, stem: DecodedStem): Promise<void> {
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

/** Half to even, saturated. */
function rounded(sample: number): number {
  const scaled = sample * 32_768;
  const floor = Math.floor(scaled);
  const isTie = scaled - floor === 0.5;
  const nearest = isTie ? floor + (floor & 1) : Math.round(scaled);
  return Math.max(-32_768, Math.min(32_767, nearest));
}
