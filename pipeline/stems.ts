/**
 * Decoding of four stem files to the seam `stems16`, or, for a long track, to the seam `spectrogram`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import {
  computeSpectrogram,
  type DecodedStem,
  type OpenFile,
  openMix,
  openStem,
} from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";
import {
  audioFile,
  type AudioOptions,
  type OpenedFile,
  openWithFallback,
  rangeOf,
} from "./audio_files.ts";
import {
  type AppliedGain,
  appliedGain,
  factorOf,
  levelWarnings,
  STEMS_PADDING_SECONDS,
} from "./levels.ts";
import { addSamples } from "./other_sources.ts";
import type { AudioFile } from "./result.ts";
import { BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { hashOfDigests } from "./stems_hash.ts";
import { slice, type Tensor, tensor } from "../core/tensor.ts";

/** Names of the stems in the order of the network. */
export const STEMS = ["bass", "drums", "other", "vocals"] as const;

/** The name of a stem. */
export type StemName = typeof STEMS[number];

/** Index of the stem that guitar and piano are added to. */
const OTHER = STEMS.indexOf("other");

/** Smallest difference in length that is refused, in samples: the ends of codecs differ by more than one frame. */
const LEAST_PADDING_SAMPLES = 2 * HOP_SAMPLES;

/** The stems of a track cannot be used; the message names the stem and the reason. */
export class StemsError extends Error {
  /** Name of the class in printed errors. */
  override name = "StemsError";
}

/** Lengths, sources and warnings of stems read from files. */
export interface StemsRecord {
  /** Length of the longest stem. */
  readonly durationSeconds: number;
  /** Warnings for the user, each naming its file. */
  readonly warnings: readonly string[];
  /** Notes for the user, each naming its file. */
  readonly notes: readonly string[];
  /** Each file for the provenance. */
  readonly sources: readonly AudioFile[];
  /** Gain that was applied to all stems; null for none. */
  readonly gain: AppliedGain | null;
  /** Silence that was added to the shortest stem, seconds; 0 where it is no more than is always added. */
  readonly paddingSeconds: number;
}

/** Stems read from files. */
export interface ReadStems extends StemsRecord {
  /** `[4, 2, samples]` i16, 44.1 kHz; bass, drums, other, vocals. */
  readonly stems16: Tensor<"i16">;
}

/** Spectrogram of long stems, which are not kept themselves. */
export interface LongStems extends StemsRecord {
  /** `[4, frames, 81]` f32, as the stage makes it. */
  readonly spectrogram: Tensor<"f32">;
  /** SHA-256 of the stems, as of `hashOfDigests`. */
  readonly sha256: string;
}

/**
 * Decodes the stems of one track, all at the same time, to 16 bit stereo at 44.1 kHz.
 *
 * Stems that are shorter than the longest are padded with silence, up to a limit.
 *
 * @param paths files in the order of {@linkcode STEMS}, and then those that are added to other
 * @param options gain, limit of the padding, and whether ffmpeg may be used
 * @returns the stems, their sources and warnings
 * @throws {KernelError} if a file cannot be decoded
 * @throws {StemsError} if the stems differ in length by more than the limit
 */
export async function readStems(
  paths: readonly string[],
  options: AudioOptions = {},
): Promise<ReadStems> {
  const settings = await settingsOf(paths, options);
  const open = opener(MAX_SAMPLES, settings);
  return await withOpen(paths, settings, open, (files) => joinStems(paths, files, settings));
}

/**
 * Decodes the stems of one track like {@linkcode readStems}, unless they are long: an hour of stems takes 2.5 GB. Of long
 * sources of which some are added to other only the spectrogram is kept.
 *
 * @param paths files in the order of {@linkcode STEMS}, and then those that are added to other
 * @param options limits of a long track, and those of {@linkcode readStems}
 * @returns undefined for four long stems
 * @throws {KernelError | StemsError} as {@linkcode readStems}
 */
export async function readShortStems(
  paths: readonly string[],
  { longSeconds = LONG_SECONDS, largeBytes = LARGE_FILE_BYTES, ...options }: LongOptions = {},
): Promise<ReadStems | LongStems | undefined> {
  const most = Math.floor(longSeconds * SAMPLE_RATE_HZ);
  const sizes = await ensureFiles(paths);
  const atOnce = Math.max(...sizes) > largeBytes ? 2 : paths.length;
  const settings = await settingsOf(paths, options);
  const open = opener(most, settings);
  return await withOpen(paths.slice(0, atOnce), settings, open, async (files) => {
    const longest = Math.max(...files.map(({ samples }) => samples));
    if (longest > most) {
      return paths.length > STEMS.length ? await longSources(paths, longest, settings) : undefined;
    }
    return await withOpen(
      paths.slice(atOnce),
      settings,
      opener(MAX_SAMPLES, settings),
      (others) => joinStems(paths, [...files, ...others], settings),
    );
  });
}

/**
 * Checks that files exist.
 *
 * @param paths the files of stems
 * @returns their sizes in bytes
 * @throws {StemsError} naming those that are missing
 */
export async function ensureFiles(paths: readonly string[]): Promise<number[]> {
  const found = await Promise.allSettled(paths.map((path) => stat(path)));
  const missing = paths.filter((_, at) => found[at]?.status === "rejected");
  if (missing.length > 0) {
    const names = missing.map((path) => printable(basename(path))).join(", ");
    const folder = printable(dirname(missing[0] ?? ""));
    throw new StemsError(`There is no ${names} in ${folder}: expected a file for each stem`);
  }
  return found.flatMap((one) => one.status === "fulfilled" ? [one.value.size] : []);
}

/**
 * Returns the beginning of stems.
 *
 * @param stems16 `[stems, channels, samples]` i16
 * @param most number of samples of each channel
 * @returns a copy of the beginning; the stems themselves where they are not longer
 */
export function firstSamples(stems16: Tensor<"i16">, most: number): Tensor<"i16"> {
  return most >= (stems16.shape[2] ?? 0) ? stems16 : slice(stems16, 2, 0, most);
}

/** Length in seconds above which only the spectrogram of a track is kept. */
const LONG_SECONDS = 12 * 60;

/** Size in bytes above which a file may be long. */
const LARGE_FILE_BYTES = 32e6;

/** Limits of a long track. */
export interface LongOptions extends AudioOptions {
  /** Length of the track from which on only the spectrogram is kept; twelve minutes by default. */
  readonly longSeconds?: number;
  /** Size of a file from which on files are decoded two at a time; 32 MB by default. */
  readonly largeBytes?: number;
}

/** Number of samples that no file exceeds. */
const MAX_SAMPLES = 2 ** 40;

/** Settings of one reading of stems. */
export interface StemsSettings {
  /** How audio is read. */
  readonly options: AudioOptions;
  /** Gain of all stems; null for none. */
  readonly gain: AppliedGain | null;
  /** Largest number of samples that are filled with silence. */
  readonly padding: number;
}

/**
 * Finds the gain, for which all files are decoded once where it follows from their level.
 *
 * @param paths the files
 * @param options how they are read
 * @throws {KernelError} if a file cannot be decoded
 */
export async function settingsOf(
  paths: readonly string[],
  options: AudioOptions,
): Promise<StemsSettings> {
  const seconds = options.stemsPaddingSeconds ?? STEMS_PADDING_SECONDS;
  const padding = Math.max(LEAST_PADDING_SAMPLES, Math.round(seconds * SAMPLE_RATE_HZ));
  if (options.gain !== "normalize") {
    return { options, padding, gain: appliedGain(options.gain, 0) };
  }
  const settings = { options, padding, gain: null };
  const open = async (path: string): Promise<OpenFile> => {
    const mix = await openMix(path, SAMPLE_RATE_HZ, rangeOf(options), options.signal);
    try {
      return { ...await mix.measure(1, {}, options.signal), close: (): void => {} };
    } finally {
      mix.close();
    }
  };
  const peaks = await withOpen(
    paths,
    settings,
    open,
    (files) => Promise.resolve(files.map(({ levels }) => levels.peak)),
  );
  return { options, padding, gain: appliedGain("normalize", Math.max(...peaks)) };
}

type OpenedStem = OpenedFile<DecodedStem>;

/** Returns the function that decodes a stem, to one channel where it has more than `mostStereo` samples. */
function opener(
  mostStereo: number,
  { options, gain }: StemsSettings,
): (path: string) => Promise<DecodedStem> {
  const settings = [mostStereo, factorOf(gain), rangeOf(options), options.signal] as const;
  return (path) => openStem(path, SAMPLE_RATE_HZ, ...settings);
}

/**
 * Decodes files at the same time, passes them to `work`, and closes them.
 *
 * @param paths the files
 * @param settings how they are read
 * @param open decodes a file
 * @param work receives the open files
 * @throws the error of the first file that cannot be opened
 */
export async function withOpen<File extends OpenFile, Result>(
  paths: readonly string[],
  { options }: StemsSettings,
  open: (path: string) => Promise<File>,
  work: (files: readonly OpenedFile<File>[]) => Promise<Result>,
): Promise<Result> {
  const opened = await Promise.allSettled(
    paths.map((path) => openWithFallback(path, open, options)),
  );
  const files = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  try {
    const failure = opened.find((one) => one.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return await work(files);
  } finally {
    for (const file of files) file.close();
  }
}

async function joinStems(
  paths: readonly string[],
  files: readonly OpenedStem[],
  settings: StemsSettings,
): Promise<ReadStems> {
  const samples = Math.max(...files.map((file) => file.samples));
  const record = recordOf(paths, files, samples, settings);
  const stems = Math.min(files.length, STEMS.length);
  const data = new Int16Array(stems * 2 * samples);
  const of = (stem: number): Int16Array =>
    data.subarray(stem * 2 * samples, (stem + 1) * 2 * samples);
  await Promise.all(files.slice(0, stems).map((file, stem) => file.read(0, 2, of(stem))));
  const limited = await addOthers(files.slice(stems), 2, of(OTHER));
  return {
    stems16: tensor("i16", [stems, 2, samples], data),
    ...withLimited(record, paths, limited),
  };
}

/** Adds files to the stem other; returns the number of samples that exceed full scale and are limited. */
async function addOthers(
  files: readonly OpenedStem[],
  channels: 1 | 2,
  other: Int16Array,
): Promise<number> {
  let limited = 0;
  for (const file of files) {
    const added = new Int16Array(other.length);
    await file.read(0, channels, added);
    limited += addSamples(other, added);
  }
  return limited;
}

function withLimited(record: StemsRecord, paths: readonly string[], limited: number): StemsRecord {
  if (limited === 0) return record;
  const added = paths.slice(STEMS.length).map((path) => basename(path)).join(" and ");
  const warning =
    `${printable(dirname(paths[0] ?? ""))}: other with ${printable(added)} exceeds full ` +
    `scale in ${limited} samples, which are clipped; lower the level of all stems with --gain`;
  return { ...record, warnings: [...record.warnings, warning] };
}

/** Converts stems to spectrograms one after the other, where further sources are added to other. */
async function longSources(
  paths: readonly string[],
  longest: number,
  settings: StemsSettings,
): Promise<LongStems> {
  const others = [...paths.keys()].slice(STEMS.length);
  const groups = STEMS.map((_, stem) => stem === OTHER ? [stem, ...others] : [stem]);
  const order = groups.flat();
  const ordered = order.map((at) => paths[at] ?? "");
  // Another stem may be longer within the limit; surplus frames are dropped at the end.
  const mono = new Int16Array(longest + settings.padding);
  const size = Math.ceil(mono.length / HOP_SAMPLES) * BANDS;
  const spectrograms = STEMS.map(() => new Float32Array(size));
  const digests: Uint8Array[] = [];
  const read: OpenedStem[] = [];
  const open = opener(0, settings);
  let limited = 0;
  for (const [stem, group] of groups.entries()) {
    await withOpen(group.map((at) => paths[at] ?? ""), settings, open, async (files) => {
      read.push(...files);
      // Stems of too different lengths are refused before the computation.
      recordOf(ordered, read, Math.max(...read.map((file) => file.samples)), settings);
      await files[0]!.read(0, 1, mono);
      limited += await addOthers(files.slice(1), 1, mono);
      const samples = Math.max(...files.map((file) => file.samples));
      digests.push(createHash("sha256").update(mono.subarray(0, samples)).digest());
      await computeSpectrogram(mono, 1, spectrograms[stem]!);
    });
  }
  const files = [...paths.keys()].map((at) => read[order.indexOf(at)]!);
  const samples = Math.max(...files.map((file) => file.samples));
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const data = new Float32Array(STEMS.length * frames * BANDS);
  for (const [stem, all] of spectrograms.entries()) {
    data.set(all.subarray(0, frames * BANDS), stem * frames * BANDS);
  }
  return {
    spectrogram: tensor("f32", [STEMS.length, frames, BANDS], data),
    sha256: hashOfDigests(digests),
    ...withLimited(recordOf(paths, files, samples, settings), paths, limited),
  };
}

/**
 * Describes stems, and refuses lengths that differ by more than the limit.
 *
 * @param paths the files
 * @param files the same, open
 * @param samples length of the longest
 * @param settings gain and limit
 * @throws {StemsError} if the lengths differ by more than the limit
 */
export function recordOf(
  paths: readonly string[],
  files: readonly OpenedFile<OpenFile>[],
  samples: number,
  { gain, padding }: StemsSettings,
): StemsRecord {
  const named = paths.map(printable);
  const warnings = files.flatMap((file, stem) =>
    file.warnings.map((warning) => `${named[stem]}: ${printable(warning)}`)
  );
  files.forEach((file, stem) => {
    if (file.clippedSamples > 0) {
      warnings.push(
        `${named[stem]}: the gain of ${
          gain?.db.toFixed(1)
        } dB clips ${file.clippedSamples} samples`,
      );
    }
    const missing = samples - file.samples;
    if (missing === 0) return;
    const lengths = `${seconds(file.samples)} s where the longest stem has ${seconds(samples)} s`;
    if (missing > padding) {
      throw new StemsError(
        `The stems are of different lengths: ${named[stem]} has ${lengths}, more than ` +
          `${
            seconds(padding)
          } s less; export all stems over the same span, or allow more silence at ` +
          "the end with --stems-padding",
      );
    }
    warnings.push(`${named[stem]} has ${lengths}; silence was added`);
  });
  const longestPadding = samples - Math.min(...files.map((file) => file.samples));
  // The same file in place of several stems is warned of once.
  const levels = files.map((file, stem) => ({ ...file, name: basename(paths[stem] ?? "") }));
  if (files.length === paths.length) {
    warnings.push(...levelWarnings(dirname(paths[0] ?? ""), levels, gain));
  }
  return {
    durationSeconds: samples / SAMPLE_RATE_HZ,
    warnings: [...new Set(warnings)],
    notes: [
      ...new Set(
        files.flatMap(({ notes }, stem) => notes.map((note) => `${named[stem]}: ${note}`)),
      ),
    ],
    sources: files.map((file, stem) => audioFile(paths[stem] ?? "", file)),
    gain,
    paddingSeconds: longestPadding > LEAST_PADDING_SAMPLES ? longestPadding / SAMPLE_RATE_HZ : 0,
  };
}

function seconds(samples: number): string {
  return (samples / SAMPLE_RATE_HZ).toFixed(3);
}
