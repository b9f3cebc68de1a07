/**
 * Decoding of audio files.
 *
 * @module
 */

import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { close, type ClosingFunction, type Handle, invoke, KernelError } from "./binding.ts";

/** A decoded file that the kernels hold until it is closed. */
export interface OpenFile {
  /** Number of channels that are held. */
  readonly channels: number;
  /** Samples in each channel, at the rate that was asked for. */
  readonly samples: number;
  /** Short name of the codec, such as `flac`. */
  readonly codec: string;
  /** Sample rate in Hz of the file. */
  readonly sourceSampleRateHz: number;
  /** Bits per sample of an integer or lossless source; null for lossy and float sources. */
  readonly sourceBits: number | null;
  /** Damage in spite of which the file was decoded, and the like; empty for an intact file. */
  readonly warnings: readonly string[];
  /** Frees the memory. */
  close(): void;
}

/** A decoded file with all its channels. */
export interface DecodedAudio extends OpenFile {
  /**
   * Copies the samples.
   *
   * @returns `[channels, samples]` f32, full scale 1.0
   */
  read(): Promise<Tensor<"f32">>;
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
   * @throws {KernelError} if there are more samples, or `output` has another length
   */
  spectrogram(samples: number, output: Float32Array): Promise<void>;
}

/**
 * Decodes a whole audio file into memory.
 *
 * @param path path of the file
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @returns the decoded file, to be closed by the caller
 * @throws {KernelError} if the file cannot be read, is not audio, or holds no samples
 */
export async function openAudio(path: string, sampleRateHz: number): Promise<DecodedAudio> {
  const { handle, ...file } = await openFile(
    (...output) => invoke("tactus_audio_open", path, sampleRateHz, ...output),
    "tactus_audio_close",
  );
  const shape = [file.channels, file.samples] as const;
  return {
    ...file,
    async read(): Promise<Tensor<"f32">> {
      const output = new Float32Array(elementCount(shape));
      await invoke("tactus_audio_read", handle, output);
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
 * @returns the decoded file, to be closed by the caller
 * @throws {KernelError} as {@linkcode openAudio}
 */
export async function openStem(
  path: string,
  sampleRateHz: number,
  mostStereo: number,
): Promise<DecodedStem> {
  const { handle, ...file } = await openFile(
    (...output) => invoke("tactus_stem_open", path, sampleRateHz, mostStereo, ...output),
    "tactus_stem_close",
  );
  return {
    ...file,
    read: (first, channels, output) => invoke("tactus_stem_read", handle, first, channels, output),
    spectrogram: (samples, output) => invoke("tactus_stem_spectrogram", handle, samples, output),
  };
}

/** Arrays into which the kernels write the description of a file. */
type FileOutput = [description: Uint8Array<ArrayBuffer>, numbers: BigUint64Array<ArrayBuffer>];

type Description = Pick<OpenFile, "codec" | "sourceSampleRateHz" | "sourceBits" | "warnings">;

/** Opens a file and reads its description; closes the file again if the description cannot be read. */
async function openFile(
  open: (...output: FileOutput) => Promise<void>,
  closing: ClosingFunction,
): Promise<OpenFile & { readonly handle: Handle }> {
  const description = new Uint8Array(64 * 1024);
  const numbers = new BigUint64Array(4);
  await open(description, numbers);
  const [handle = 0n, channels = 0n, samples = 0n, length = 0n] = numbers;
  try {
    const text = new TextDecoder().decode(description.subarray(0, Number(length)));
    const described: Description = JSON.parse(text);
    return {
      handle,
      ...described,
      channels: Number(channels),
      samples: Number(samples),
      close: () => close(closing, handle),
    };
  } catch (cause) {
    close(closing, handle);
    throw new KernelError("The description of a decoded file has too many warnings", { cause });
  }
}
