/**
 * Tags: the tempo is written into damaged audio files.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KernelError, openAudio } from "../../../kernels/mod.ts";
import { TagError, writeTempoTag } from "../../../outputs/tags/mod.ts";
import { mutateAudio } from "../audio_mutations.ts";
import { allUtf8 } from "../bytes.ts";
import { expect, seedFiles, type Target } from "../target.ts";

const RATE_HZ = 44_100;

/** Files of the formats that have tags. */
const TAGGED = /\.(mp3|flac|ogg|oga|opus|m4a|wav|aiff|aifc)$/;

const MOST_BYTES = 20_000;

/** Writes a tempo: the audio stays, and a second call changes nothing. */
export const tagsTarget: Target = {
  name: "tags",
  share: 1,
  extension: "audio",
  tokens: allUtf8(
    ...["ID3\x03\0", "TBPM", "TIT2", "APIC", "id3 ", "ID3 ", "LIST", "fLaC", "BPM=", "vendor"],
    ...["OggS", "\x03vorbis", "OpusTags", "moov", "udta", "meta", "hdlr", "mdir", "ilst", "tmpo"],
    ...["trak", "mdia", "minf", "stbl", "stco", "co64", "mdat", "free", "moof"],
  ),
  seeds: () => seedFiles("fixtures/audio/formats", TAGGED, MOST_BYTES),
  reshape: mutateAudio,
  read: async (input, scratch) => {
    const path = join(scratch, "fuzzed.audio");
    await writeFile(path, input);
    const before = await soundOf(path);
    const isChanged = await writeTempoTag(path, 120);
    const after = await soundOf(path);
    expect(before === undefined || before === after, `the audio was ${before}, and is ${after}`);
    expect(!isChanged || !await writeTempoTag(path, 120), "a second call changes the file again");
  },
  isExpected: (error) => error instanceof TagError,
};

/** Returns the hash of the decoded samples, or undefined where the file cannot be decoded. */
async function soundOf(path: string): Promise<string | undefined> {
  try {
    const { pcmSha256, close } = await openAudio(path, RATE_HZ);
    close();
    return pcmSha256;
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}
