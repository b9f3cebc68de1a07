/**
 * A mix to the seam `spectrogram`, where no seam between them is asked for: decoding, separation and spectrogram of
 * successive parts at the same time, so that of all the samples nothing is kept.
 *
 * The stages `demix` and `spectrogram` make the same from a mixture in memory.
 *
 * @module
 */

import {
  MIX_ITSELF,
  type MixDescription,
  type MixKinds,
  type MixPassEnd,
  type MixSettings,
  type OpenMix,
  openMix,
} from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import {
  audioFile,
  type AudioOptions,
  ensureLength,
  type OpenedFile,
  openWithFallback,
  rangeOf,
} from "./audio_files.ts";
import { ALL_STEMS, type Demixer, type DemixNetwork, runSegments } from "./demix.ts";
import { type AppliedGain, appliedGain, factorOf, levelWarnings } from "./levels.ts";
import type { ReadMixture } from "./mixture.ts";
import { BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { hashOfDigests } from "./stems_hash.ts";

/** A mix file that is open. */
export interface MixFile extends Pick<OpenMix, "close"> {
  /** Path of the file. */
  readonly path: string;
  readonly mix: OpenMix;
  readonly opened: OpenedFile<Opened>;
  readonly options: AudioOptions;
}

/** What is known of a file before it is decoded. */
type Opened = OpenMix & MixDescription;

/** Stands for what is not known before a file is decoded. */
const UNKNOWN: MixDescription = {
  channels: 0,
  samples: 0,
  codec: "",
  decoder: "",
  sourceSampleRateHz: 0,
  sourceBits: null,
  trimmedSamples: [0, 0],
  pcmSha256: "",
  levels: { peak: 0, rms: 0, monoRms: 0, soundSeconds: 0, cancelledSeconds: 0 },
  clippedSamples: 0,
  warnings: [],
  mixtureSha256: null,
};

/** A mix that was measured. */
export interface MeasuredMix extends Omit<ReadMixture, "mixture"> {
  /** Samples of each channel. */
  readonly samples: number;
  /** SHA-256 of the seam `mixture`, where it was asked for; else null. */
  readonly mixtureSha256: string | null;
}

/** Which stems of a mix are wanted, and how. */
export interface MixStreamOptions {
  /** Samples by which the segments of a network are moved; null for none. */
  readonly shift: number | null;
  /** Share of a segment that overlaps the next one; a quarter by default. */
  readonly overlap?: number;
  /** Files to which bass, drums, other and vocals are written; absent for none. */
  readonly files?: readonly string[];
  /** Gain that {@linkcode measureMix} found; by default that of the options of the file, which must be a number. */
  readonly gain?: AppliedGain | null;
  /** Called when a part of the separation is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Spectrogram of a mix that was used up. */
export interface StreamedMix extends MeasuredMix {
  /** `[4, frames, 81]` f32, as the stage makes it. */
  readonly spectrogram: Tensor<"f32">;
  /** SHA-256 of the stems, as of `hashOfDigests`. */
  readonly sha256: string;
  /** Busy time of each stage in seconds. */
  readonly seconds: MixPassEnd["seconds"];
}

/**
 * Opens a mix, through ffmpeg where the kernels do not read its format, and starts to decode it.
 *
 * @param path path of the file
 * @param options part that is read, and whether ffmpeg may be used
 * @returns the file, to be closed by the caller
 * @throws {KernelError | FfmpegError} if the headers cannot be read
 */
export async function openMixFile(path: string, options: AudioOptions): Promise<MixFile> {
  const open = async (path: string): Promise<Opened> => ({
    ...UNKNOWN,
    ...await openMix(path, SAMPLE_RATE_HZ, rangeOf(options), options.signal),
  });
  const opened = await openWithFallback(path, open, options);
  return { path, mix: opened, opened, options, close: () => opened.close() };
}

/**
 * Reads all of a mix to find out what depends on all of it, and the gain where it follows from the level.
 *
 * @param file the mix
 * @param demixer the demixer that will separate it
 * @param needsHash whether the hash of the mixture is wanted
 * @throws {KernelError} if the file cannot be decoded
 */
export async function measureMix(
  file: MixFile,
  demixer: Demixer | undefined,
  needsHash: boolean,
): Promise<MeasuredMix> {
  const { mix, options } = file;
  const kinds: MixKinds = {
    normalisation: (demixer?.networks.length ?? 0) > 0,
    width: demixer?.networks.length === 0,
    sha256: needsHash,
  };
  const measured = (gain: AppliedGain | null): Promise<MixDescription> =>
    mix.measure(factorOf(gain), kinds, options.signal);
  if (options.gain !== "normalize") {
    const gain = appliedGain(options.gain, 0);
    return described(file, await measured(gain), gain);
  }
  const { levels } = await mix.measure(1, {}, options.signal);
  const gain = appliedGain("normalize", levels.peak);
  return described(file, await measured(gain), gain);
}

/** Returns whether a mix must be measured before a demixer separates it. */
export function mustMeasure({ gain }: AudioOptions, { networks, rhythmOf }: Demixer): boolean {
  return gain === "normalize" || networks.length > 0 || rhythmOf === undefined;
}

/**
 * Decodes and separates a mix, and computes the spectrograms meanwhile.
 *
 * @param file the mix
 * @param demixer the loaded demixer; where it takes the mix itself as stems, and files are written, these are of the demixer
 * whose bass and drums it takes; undefined for the spectrogram of the mix alone
 * @param streamOptions shift, overlap, files and gain
 * @throws {KernelError} if the file cannot be decoded, or a file cannot be written
 * @throws the reason of an aborted signal
 */
export async function streamMix(
  file: MixFile,
  demixer: Demixer,
  streamOptions: MixStreamOptions,
): Promise<StreamedMix> {
  const { mix, options } = file;
  const { gain = appliedGain(numberOf(options.gain), 0), files } = streamOptions;
  const { networks, rhythmOf } = demixer;
  const wanted = rhythmOf === undefined ? ALL_STEMS : [0, 1, MIX_ITSELF];
  let networkSeconds = 0;
  let end: MixPassEnd | undefined;
  const onProgress = streamOptions.onProgress ?? ((): void => {});
  const parts: readonly (DemixNetwork | undefined)[] = networks.length === 0
    ? [undefined]
    : networks;
  for (const [at, part] of parts.entries()) {
    const settings: MixSettings = {
      gain: factorOf(gain),
      method: part !== undefined
        ? "network"
        : rhythmOf === undefined || files !== undefined
        ? "filters"
        : "rhythm",
      spectrograms: wanted.filter((stem) => part === undefined || part.stems.includes(stem)),
      files: (files ?? []).map((path, stem) => [stem, path] as const)
        .filter(([stem]) => part === undefined || part.stems.includes(stem)),
      shift: streamOptions.shift,
      ...(streamOptions.overlap !== undefined && { overlap: streamOptions.overlap }),
      ...(part !== undefined && { sourceStems: part.sourceStems }),
    };
    const progress = (done: number, total: number): void =>
      onProgress(at * total + done, parts.length * total);
    for (let segments: number | undefined = await mix.begin(settings); segments !== undefined;) {
      if (part === undefined) await runSteps(mix, options, progress);
      else networkSeconds += await runNetwork(mix, segments, part, options, progress);
      end = await mix.end();
      segments = end.again;
    }
    await part?.session.rest?.();
  }
  const { description, seconds } = end!;
  const frames = Math.ceil(description.samples / HOP_SAMPLES);
  return {
    ...described(file, description, gain),
    ...await takeSpectrograms(mix, wanted, frames),
    seconds: { ...seconds, demix: seconds.demix + networkSeconds },
  };
}

/**
 * Computes the spectrogram of a mix alone.
 *
 * @param file the mix, which was measured
 * @param gain gain that was found
 * @returns `[1, frames, 81]` f32, and its hash, 32 bytes
 * @throws {KernelError} if the file cannot be decoded
 */
export async function streamMixAlone(
  { mix, options }: MixFile,
  gain: AppliedGain | null,
): Promise<{ readonly rows: Float32Array; readonly digest: Uint8Array }> {
  await mix.begin({ gain: factorOf(gain), method: "none", spectrograms: [MIX_ITSELF] });
  let end: MixPassEnd;
  do {
    await runSteps(mix, options, () => {});
    end = await mix.end();
  } while (end.again !== undefined);
  const rows = new Float32Array(Math.ceil(end.description.samples / HOP_SAMPLES) * BANDS);
  return { rows, digest: await mix.take(MIX_ITSELF, rows) };
}

/** Runs a pass without a network. */
async function runSteps(
  mix: OpenMix,
  { signal }: AudioOptions,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  for (let isEnd = false; !isEnd;) {
    const step = await mix.step(signal);
    isEnd = step.isEnd;
    const total = isEnd ? step.samples : Math.max(mix.expectedSamples, step.samples);
    onProgress(step.samples, Math.max(1, total));
  }
}

/** Runs the segments of a pass; returns the time of the network in seconds. */
async function runNetwork(
  mix: OpenMix,
  segments: number,
  { session }: DemixNetwork,
  { signal }: AudioOptions,
  onProgress: (done: number, total: number) => void,
): Promise<number> {
  let seconds = 0;
  const timedSession = {
    run: async (...input: Parameters<typeof session.run>): ReturnType<typeof session.run> => {
      const start = performance.now();
      const output = await session.run(...input);
      seconds += (performance.now() - start) / 1000;
      return output;
    },
  };
  const separation = {
    segments,
    input: (index: number, wave: Float32Array, spectrum: Float32Array): Promise<void> =>
      mix.input(index, wave, spectrum, signal),
    output: (index: number, wave: Float32Array, spectrum: Float32Array): Promise<void> =>
      mix.output(index, wave, spectrum),
  };
  await runSegments(separation, timedSession, signal, onProgress);
  return seconds;
}

/** Takes spectrograms one after the other, so that each is freed before the next takes memory here. */
async function takeSpectrograms(
  mix: OpenMix,
  wanted: readonly number[],
  frames: number,
): Promise<Pick<StreamedMix, "spectrogram" | "sha256">> {
  const size = frames * BANDS;
  const data = new Float32Array(ALL_STEMS.length * size);
  const digests: Uint8Array[] = [];
  for (const [at, stem] of wanted.entries()) {
    digests.push(await mix.take(stem, data.subarray(at * size, (at + 1) * size)));
  }
  // The mix itself is other and vocals.
  for (let at = wanted.length; at < ALL_STEMS.length; at++) {
    digests.push(digests[at - 1]!);
    data.copyWithin(at * size, (at - 1) * size, at * size);
  }
  return {
    spectrogram: tensor("f32", [ALL_STEMS.length, frames, BANDS], data),
    sha256: hashOfDigests(digests),
  };
}

/** Describes a file that was read to its end. */
function described(
  { path, opened, options }: MixFile,
  found: MixDescription,
  gain: AppliedGain | null,
): MeasuredMix {
  ensureLength(path, found.samples, options);
  const isThroughFfmpeg = opened.decoder !== UNKNOWN.decoder;
  const { codec, decoder, sourceBits } = isThroughFfmpeg ? opened : found;
  const warnings = isThroughFfmpeg
    ? [...opened.warnings, ...found.warnings.map((one) => `in the output of ffmpeg, ${one}`)]
    : found.warnings;
  const file = { ...opened, ...found, codec, decoder, sourceBits };
  const named = printable(path);
  return {
    samples: found.samples,
    mixtureSha256: found.mixtureSha256,
    source: audioFile(path, file),
    gain,
    warnings: [
      ...warnings.map((warning) => `${named}: ${printable(warning)}`),
      ...levelWarnings(path, [file], gain),
    ],
    notes: opened.notes.map((note) => `${named}: ${note}`),
  };
}

/** Returns a gain that does not depend on the level. */
function numberOf(gain: AudioOptions["gain"]): number | undefined {
  if (gain === "normalize") throw new Error("A gain that depends on the level must be measured");
  return gain;
}
