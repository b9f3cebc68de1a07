/**
 * Decoding of audio files.
 *
 * @module
 */

import { elementCount, release, type Tensor, tensor } from "../core/tensor.ts";
import { close, type ClosingFunction, type Handle, invoke, KernelError } from "./binding.ts";

/**
 * Levels of a file, full scale 1.0. The mean squares are over blocks of one second, without those that are more
 * than 10 dB below the mean of all: a long silence does not make a track quiet.
 */
export interface Levels {
  /** Largest absolute sample of both channels. */
  readonly peak: number;
  /** Root of the mean square of both channels. */
  readonly rms: number;
  /** Root of the mean square of the mean of both channels, of which the spectrogram is made. */
  readonly monoRms: number;
  /** Blocks of one second that count, in seconds. */
  readonly soundSeconds: number;
  /** Those of them in which the mean of both channels is more than 15 dB below them, in seconds. */
  readonly cancelledSeconds: number;
}

/** A file has sound in a format or codec that the kernels do not read; it is not damaged. */
export class UnreadFormatError extends KernelError {
  /** Name of the class. */
  override name = "UnreadFormatError";

  /** Adds the name of the format or codec to the kernel's message. */
  constructor(message: string, readonly format: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A decoded file that the kernels hold until it is closed. */
export interface OpenFile {
  /** Number of channels that are held. */
  readonly channels: number;
  /** Samples in each channel, at the rate that was asked for. */
  readonly samples: number;
  /** Short name of the codec, such as `flac`. */
  readonly codec: string;
  /** Name and version of the decoder, such as `symphonia 0.6.1`. */
  readonly decoder: string;
  /** Sample rate in Hz of the file. */
  readonly sourceSampleRateHz: number;
  /** Bits per sample of an integer or lossless source; null for lossy and float sources. */
  readonly sourceBits: number | null;
  /** Samples at the file's rate that its encoder added and that are cut: at the start, and after it. */
  readonly trimmedSamples: readonly [start: number, end: number];
  /**
   * SHA-256 of the first two channels, or the only one: interleaved f32, little-endian, full scale 1.0, at the
   * rate that was asked for, before any gain and rounding.
   */
  readonly pcmSha256: string;
  /** Levels of the same samples. */
  readonly levels: Levels;
  /** Samples that the gain moved beyond full scale, where they are rounded to 16 bits. */
  readonly clippedSamples: number;
  /** Damage in spite of which the file was decoded, and the like; empty for an intact file. */
  readonly warnings: readonly string[];
  /** Frees the memory. */
  close(): void;
}

/** A decoded file; of more than two channels the first two. */
export interface DecodedAudio extends OpenFile {
  /**
   * Copies the samples.
   *
   * @param gain factor of all samples; 1 by default, which changes nothing
   * @returns `[channels, samples]` f32, full scale 1.0
   */
  read(gain?: number): Promise<Tensor<"f32">>;
}

/** A file decoded to 16 bits, half to even, saturated; of more than two channels the first two. */
export interface DecodedStem extends OpenFile {
  /**
   * Copies samples, with silence past the end.
   *
   * @param first index of the first sample
   * @param channels 2, to which a single channel is copied twice, or 1, the mean
   * @param output receives `[channels, count]` i16
   */
  read(first: number, channels: 1 | 2, output: Int16Array): Promise<void>;
  /**
   * Computes the spectrogram of the samples and the silence after them.
   *
   * @param samples length with the silence
   * @param output receives `[frames, 81]` f32, as of {@linkcode computeSpectrogram}
   * @param signal aborts the computation
   * @throws {KernelError} if there are more samples, or `output` has another length
   */
  spectrogram(samples: number, output: Float32Array, signal?: AbortSignal): Promise<void>;
}

/** A part of a file, in samples at the rate that is asked for. */
export interface SampleRange {
  /** The first sample. */
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
}

/** All samples of a file. */
export const ALL_SAMPLES: SampleRange = { first: 0, end: Number.MAX_SAFE_INTEGER };

/**
 * Decodes an audio file, or a part of it, into memory.
 *
 * @param path path of the file
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @param range part of the file, whose samples are those of the whole; what follows it is not decoded
 * @param signal aborts the decoding
 * @returns the decoded file, to be closed by the caller
 * @throws {UnreadFormatError} if the kernels do not read its format or codec
 * @throws {KernelError} if the file cannot be read, is not audio, holds no samples, or ends before the part
 */
export async function openAudio(
  path: string,
  sampleRateHz: number,
  { first, end }: SampleRange = ALL_SAMPLES,
  signal?: AbortSignal,
): Promise<DecodedAudio> {
  return await openDecoded((...output) =>
    invoke("tactus_audio_open", path, sampleRateHz, first, end, ...output, signal)
  );
}

/** Samples in memory. */
export interface AudioSamples {
  /** One or two channels of equal length, f32, full scale 1.0. */
  readonly channels: readonly Float32Array[];
  /** Their sample rate in Hz, a whole number. */
  readonly sampleRate: number;
  /** Name for messages and results. */
  readonly name: string;
}

/**
 * Takes samples that are in memory as {@linkcode openAudio} takes a file.
 *
 * @param samples the samples, which must not change before the promise settles; of more than two channels the first two
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @param range part of the samples, as of {@linkcode openAudio}
 * @param signal aborts the conversion
 * @returns the converted samples, to be closed by the caller
 * @throws {KernelError} if there are none, one is no number, or the channels differ in length
 */
export async function takeAudio(
  { name, channels, sampleRate }: AudioSamples,
  sampleRateHz: number,
  { first, end }: SampleRange = ALL_SAMPLES,
  signal?: AbortSignal,
): Promise<DecodedAudio> {
  const [left = new Float32Array(), right = new Float32Array()] = channels;
  const rates = [sampleRate, sampleRateHz] as const;
  return await openDecoded((...output) =>
    invoke("tactus_audio_take", name, left, right, ...rates, first, end, ...output, signal)
  );
}

async function openDecoded(open: OpenWith): Promise<DecodedAudio> {
  const { handle, seconds: _, ...file } = await openFile(open, "tactus_audio_close");
  const shape = [file.channels, file.samples] as const;
  return {
    ...file,
    async read(gain = 1): Promise<Tensor<"f32">> {
      const output = new Float32Array(elementCount(shape));
      await invoke("tactus_audio_read", handle, gain, output);
      return tensor("f32", shape, output);
    },
  };
}

/**
 * Decodes an audio file to 16 bits, which takes half of the memory or less.
 *
 * @param path path of the file
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @param mostStereo length in samples above which only the mean of both channels is held
 * @param gain factor of all samples before they are rounded; 1 by default, which changes nothing
 * @param range part of the file, as of {@linkcode openAudio}
 * @param signal aborts the decoding
 * @returns the decoded file, to be closed by the caller
 * @throws {KernelError} as {@linkcode openAudio}
 */
export async function openStem(
  path: string,
  sampleRateHz: number,
  mostStereo: number,
  gain = 1,
  { first, end }: SampleRange = ALL_SAMPLES,
  signal?: AbortSignal,
): Promise<DecodedStem> {
  const settings = [sampleRateHz, first, end, mostStereo, gain] as const;
  const { handle, seconds: _, ...file } = await openFile(
    (...output) => invoke("tactus_stem_open", path, ...settings, ...output, signal),
    "tactus_stem_close",
  );
  return {
    ...file,
    read: (first, channels, output) => invoke("tactus_stem_read", handle, first, channels, output),
    spectrogram: (samples, output, signal) =>
      invoke("tactus_stem_spectrogram", handle, samples, output, signal),
  };
}

/** Arrays into which the kernels write the description of a file, and the numbers of it. */
export type FileOutput = [
  description: Uint8Array<ArrayBuffer>,
  numbers: BigUint64Array<ArrayBuffer>,
];

/** Opens a file with the arrays that receive its description. */
export type OpenWith = (...output: FileOutput) => Promise<void>;

/** Description of a decoded file as the kernels write it. */
export type Description = Omit<OpenFile, "channels" | "samples" | "close">;

/** Room for the description of a file, bytes. */
export const DESCRIPTION_BYTES: number = 64 * 1024;

/**
 * Opens a file and reads its description; closes the file again if the description cannot be read.
 *
 * @param open opens the file, with as many numbers as `times` and four, which are the handle, channels, samples and length
 * @param closing closes it
 * @param times how many times in nanoseconds follow these numbers
 */
export async function openFile(
  open: OpenWith,
  closing: ClosingFunction,
  times = 0,
): Promise<OpenFile & { readonly handle: Handle; readonly seconds: readonly number[] }> {
  const description = new Uint8Array(DESCRIPTION_BYTES);
  const numbers = new BigUint64Array(4 + times);
  await openUnread(open, description, numbers);
  const [handle = 0n, channels = 0n, samples = 0n, length = 0n, ...nanoseconds] = numbers;
  try {
    return {
      handle,
      ...readDescription(description, length),
      channels: Number(channels),
      samples: Number(samples),
      seconds: nanoseconds.map((time) => Number(time) / 1e9),
      close: () => close(closing, handle),
    };
  } catch (cause) {
    close(closing, handle);
    throw cause;
  }
}

/** Opens a file; the error of one whose format is not read tells the format. */
export async function openUnread(open: OpenWith, ...output: FileOutput): Promise<void> {
  try {
    await open(...output);
  } catch (error) {
    throw unreadFormat(error, output[0]) ?? error;
  }
}

/** Reads the description of a file from its first bytes. */
export function readDescription(description: Uint8Array, length: bigint): Description {
  const text = new TextDecoder().decode(description.subarray(0, Number(length)));
  release({ data: description });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KernelError("The description of a decoded file has too many warnings", { cause });
  }
}

/** Returns the error of a file whose format is not read, or undefined for another error. */
function unreadFormat(error: unknown, description: Uint8Array): UnreadFormatError | undefined {
  const length = description.indexOf(0);
  if (!(error instanceof KernelError) || length <= 0) return undefined;
  const { unread } = JSON.parse(new TextDecoder().decode(description.subarray(0, length)));
  return new UnreadFormatError(error.message, unread, { cause: error });
}
