/**
 * Decoding of four stem files to the seam `stems16`, or, for a long track, to the seam `spectrogram`.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { computeSpectrogram, type DecodedStem, openStem } from "../kernels/mod.ts";
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
  /** SHA-256 of the samples: the mean of both channels in 16 bit, one stem after the other. */
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
  const settings = await settingsOf(paths, paths.length, options);
  return await withOpen(paths, MAX_SAMPLES, settings, (files) => joinStems(paths, files, settings));
}

/**
 * Decodes the stems of one track like {@linkcode readStems}. Of a track longer than twelve minutes only
 * the spectrogram is kept: an hour of stems takes 2.5 GB.
 *
 * @param paths files in the order of {@linkcode STEMS}
 * @param options limits of a long track, and those of {@linkcode readStems}
 * @throws {KernelError | StemsError} as {@linkcode readStems}
 */
export async function readStemsOrSpectrogram(
  paths: readonly string[],
  { mostSeconds = LONG_SECONDS, largeBytes = LARGE_FILE_BYTES, ...options }: LongOptions = {},
): Promise<ReadStems | LongStems> {
  const most = Math.floor(mostSeconds * SAMPLE_RATE_HZ);
  const sizes = await sizesOf(paths);
  // Long stems are converted to spectrograms two at a time.
  const atOnce = Math.max(...sizes) > largeBytes ? 2 : paths.length;
  const settings = await settingsOf(paths, atOnce, options);
  return await withOpen(paths.slice(0, atOnce), most, settings, async (files) => {
    const longest = Math.max(...files.map(({ samples }) => samples));
    if (longest > most && paths.length > STEMS.length) {
      return await longSources(paths, longest, settings);
    }
    if (longest > most) return await longStems(paths, files, longest, most, settings);
    return await withOpen(
      paths.slice(atOnce),
      MAX_SAMPLES,
      settings,
      (others) => joinStems(paths, [...files, ...others], settings),
    );
  });
}

/** Returns the sizes of files in bytes; throws {@linkcode StemsError} naming those that are missing. */
async function sizesOf(paths: readonly string[]): Promise<number[]> {
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
  readonly mostSeconds?: number;
  /** Size of a file from which on files are decoded two at a time; 32 MB by default. */
  readonly largeBytes?: number;
}

/** Number of samples that no file exceeds. */
const MAX_SAMPLES = 2 ** 40;

/** Number of samples hashed at a time. */
const PIECE_SAMPLES = 2 ** 22;

/** Settings of one reading of stems. */
interface Settings {
  readonly options: AudioOptions;
  readonly gain: AppliedGain | null;
  /** Largest number of samples that are filled with silence. */
  readonly padding: number;
}

/** Finds the gain, for which all files are decoded once where it follows from their level. */
async function settingsOf(
  paths: readonly string[],
  atOnce: number,
  options: AudioOptions,
): Promise<Settings> {
  const seconds = options.stemsPaddingSeconds ?? STEMS_PADDING_SECONDS;
  const padding = Math.max(LEAST_PADDING_SAMPLES, Math.round(seconds * SAMPLE_RATE_HZ));
  if (options.gain !== "normalize") {
    return { options, padding, gain: appliedGain(options.gain, 0) };
  }
  let peak = 0;
  for (let at = 0; at < paths.length; at += atOnce) {
    const settings = { options, padding, gain: null };
    await withOpen(paths.slice(at, at + atOnce), 0, settings, (files) => {
      peak = Math.max(peak, ...files.map(({ levels }) => levels.peak));
      return Promise.resolve();
    });
  }
  return { options, padding, gain: appliedGain("normalize", peak) };
}

type OpenedStem = OpenedFile<DecodedStem>;

/** Decodes files at the same time, passes them to `work`, and closes them. */
async function withOpen<Result>(
  paths: readonly string[],
  mostStereo: number,
  { options, gain }: Settings,
  work: (files: readonly OpenedStem[]) => Promise<Result>,
): Promise<Result> {
  const open = (path: string): Promise<DecodedStem> =>
    openStem(
      path,
      ...[SAMPLE_RATE_HZ, mostStereo, factorOf(gain), rangeOf(options), options.signal] as const,
    );
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
  settings: Settings,
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

/** Converts stems to spectrograms, the open ones first, and closes each pair before the next. */
async function longStems(
  paths: readonly string[],
  open: readonly OpenedStem[],
  longest: number,
  most: number,
  settings: Settings,
): Promise<LongStems> {
  // Another stem may be longer within the limit; surplus frames are dropped at the end.
  const capacity = longest + settings.padding;
  const size = Math.ceil(capacity / HOP_SAMPLES) * BANDS;
  const data = new Float32Array(paths.length * size);
  const hash = createHash("sha256");
  const read: OpenedStem[] = [];
  const take = async (files: readonly OpenedStem[]): Promise<void> => {
    const first = read.length;
    read.push(...files);
    const samples = Math.max(...read.map((file) => file.samples));
    // Stems of too different lengths are refused before the computation.
    recordOf(paths, read, samples, settings);
    const hashed = (async (): Promise<void> => {
      for (const file of files) await hashStem(file, hash);
    })();
    await Promise.all([
      hashed,
      ...files.map((file, at) =>
        file.spectrogram(
          capacity,
          data.subarray((first + at) * size, (first + at + 1) * size),
          settings.options.signal,
        )
      ),
    ]);
    for (const file of files) file.close();
  };
  await take(open);
  for (let at = open.length; at < paths.length; at += 2) {
    await withOpen(paths.slice(at, at + 2), most, settings, take);
  }
  const samples = Math.max(...read.map((file) => file.samples));
  const frames = Math.ceil(samples / HOP_SAMPLES);
  for (let stem = 1; stem < paths.length; stem++) {
    data.copyWithin(stem * frames * BANDS, stem * size, stem * size + frames * BANDS);
  }
  return {
    spectrogram: tensor(
      "f32",
      [paths.length, frames, BANDS],
      data.subarray(0, paths.length * frames * BANDS),
    ),
    sha256: hash.digest("hex"),
    ...recordOf(paths, read, samples, settings),
  };
}

/** Converts stems to spectrograms one after the other, where further sources are added to other. */
async function longSources(
  paths: readonly string[],
  longest: number,
  settings: Settings,
): Promise<LongStems> {
  const others = [...paths.keys()].slice(STEMS.length);
  const groups = STEMS.map((_, stem) => stem === OTHER ? [stem, ...others] : [stem]);
  const order = groups.flat();
  const ordered = order.map((at) => paths[at] ?? "");
  // Another stem may be longer within the limit; surplus frames are dropped at the end.
  const mono = new Int16Array(longest + settings.padding);
  const size = Math.ceil(mono.length / HOP_SAMPLES) * BANDS;
  const spectrograms = STEMS.map(() => new Float32Array(size));
  const hash = createHash("sha256");
  const read: OpenedStem[] = [];
  let limited = 0;
  for (const [stem, group] of groups.entries()) {
    await withOpen(group.map((at) => paths[at] ?? ""), 0, settings, async (files) => {
      read.push(...files);
      // Stems of too different lengths are refused before the computation.
      recordOf(ordered, read, Math.max(...read.map((file) => file.samples)), settings);
      await files[0]!.read(0, 1, mono);
      limited += await addOthers(files.slice(1), 1, mono);
      hash.update(mono.subarray(0, Math.max(...files.map((file) => file.samples))));
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
    sha256: hash.digest("hex"),
    ...withLimited(recordOf(paths, files, samples, settings), paths, limited),
  };
}

async function hashStem(file: DecodedStem, hash: Hash): Promise<void> {
  for (let first = 0; first < file.samples; first += PIECE_SAMPLES) {
    const piece = new Int16Array(Math.min(PIECE_SAMPLES, file.samples - first));
    await file.read(first, 1, piece);
    hash.update(piece);
  }
}

/** Describes stems, and refuses lengths that differ by more than the limit. */
function recordOf(
  paths: readonly string[],
  files: readonly OpenedStem[],
  samples: number,
  { gain, padding }: Settings,
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
