/**
 * From four audio files to the seam `stems16`.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { type DecodedAudio, openAudio } from "../kernels/kernels.ts";
import { HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type Tensor, tensor } from "./tensor.ts";

/** The stems in the order that the network expects. */
export const STEMS = ["bass", "drums", "other", "vocals"] as const;

/** The name of a stem. */
export type StemName = typeof STEMS[number];

/** What the names of audio files end in. */
const AUDIO_ENDING = /\.(wav|wave|flac|mp3|m4a|mp4|aac|ogg|oga|opus|aif|aiff|aifc|caf)$/i;

/** How far stems of one track may differ in length, in samples. */
const LENGTH_TOLERANCE_SAMPLES = 2 * HOP_SAMPLES;

/** The stems of a track cannot be used; the message says which and why. */
export class StemsError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "StemsError";
}

/** Stems that were read from files. */
export interface ReadStems {
  /** `[4, 2, samples]` i16, 44.1 kHz; bass, drums, other, vocals. */
  readonly stems16: Tensor<"i16">;
  /** Length of the longest stem. */
  readonly durationSeconds: number;
  /** What the user should know, each naming its file. */
  readonly warnings: readonly string[];
  /** Codec and sample rate of each file. */
  readonly sources: readonly { codec: string; sampleRateHz: number }[];
}

/**
 * Finds the file of each stem in a folder: `bass`, `drums`, `other`, `vocals` with an ending of audio files.
 *
 * @param directory folder of one track
 * @returns paths in the order of {@linkcode STEMS}
 * @throws {StemsError} if the folder cannot be read, a stem is missing, or there are two files for one
 */
export async function findStems(directory: string): Promise<string[]> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch (cause) {
    throw new StemsError(
      `Could not read the stems folder ${directory}: expected a folder with ${STEMS.join(", ")}` +
        ` (${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
  const audio = names.filter((name) => AUDIO_ENDING.test(name)).sort();
  const filesOf = (stem: StemName): string[] =>
    audio.filter((name) => parse(name).name.toLowerCase() === stem);
  const missing = STEMS.filter((stem) => filesOf(stem).length === 0);
  if (missing.length > 0) {
    throw new StemsError(
      `The stems folder ${directory} has no file for ${missing.join(", ")}: ` +
        `expected ${
          STEMS.map((stem) => `${stem}.wav`).join(", ")
        } (or flac, mp3, m4a, ogg, aiff), ` +
        `found ${names.sort().join(", ") || "nothing"}`,
    );
  }
  return STEMS.map((stem) => {
    const [file = "", second] = filesOf(stem);
    if (second !== undefined) {
      throw new StemsError(
        `The stems folder ${directory} has two files for ${stem}, ${file} and ${second}: remove one`,
      );
    }
    return join(directory, file);
  });
}

/**
 * Decodes the stems of one track, all at the same time, to 16 bit stereo at 44.1 kHz.
 *
 * Stems that differ in length by up to two frames are padded with silence to the longest.
 *
 * @param paths files in the order of {@linkcode STEMS}
 * @returns the stems and what was noticed
 * @throws {KernelError} if a file cannot be decoded
 * @throws {StemsError} if the stems differ in length by more than two frames
 */
export async function readStems(paths: readonly string[]): Promise<ReadStems> {
  const opening = paths.map((path) => openAudio(path, SAMPLE_RATE_HZ));
  const opened = await Promise.allSettled(opening);
  const files = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  try {
    const failure = opened.find((one) => one.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return await joinStems(paths, files);
  } finally {
    for (const file of files) file.close();
  }
}

async function joinStems(
  paths: readonly string[],
  files: readonly DecodedAudio[],
): Promise<ReadStems> {
  const samples = Math.max(...files.map((file) => file.samples));
  const warnings = files.flatMap((file, stem) =>
    file.warnings.map((warning) => `${paths[stem]}: ${warning}`)
  );
  files.forEach((file, stem) => {
    const missing = samples - file.samples;
    if (missing === 0) return;
    const lengths = `${seconds(file.samples)} s where the longest stem has ${seconds(samples)} s`;
    if (missing > LENGTH_TOLERANCE_SAMPLES) {
      throw new StemsError(
        `The stems are of different lengths: ${paths[stem]} has ${lengths}, more than two frames ` +
          "less; export all stems over the same span",
      );
    }
    warnings.push(`${paths[stem]} has ${lengths}; silence was added`);
  });
  const data = new Int16Array(files.length * 2 * samples);
  await Promise.all(
    files.map((file, stem) =>
      file.readStereo16(data.subarray(stem * 2 * samples, (stem + 1) * 2 * samples))
    ),
  );
  return {
    stems16: tensor("i16", [files.length, 2, samples], data),
    durationSeconds: samples / SAMPLE_RATE_HZ,
    warnings,
    sources: files.map((file) => ({ codec: file.codec, sampleRateHz: file.sourceSampleRateHz })),
  };
}

function seconds(samples: number): string {
  return (samples / SAMPLE_RATE_HZ).toFixed(3);
}
