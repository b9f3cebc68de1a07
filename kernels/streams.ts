/**
 * Audio files that are used up as they are decoded: of all their samples only spectrograms are left.
 *
 * @module
 */

import {
  ALL_SAMPLES,
  type Description,
  DESCRIPTION_BYTES,
  type OpenFile,
  openFile,
  openUnread,
  readDescription,
  type SampleRange,
} from "./audio.ts";
import { close, invoke } from "./binding.ts";
import { OVERLAP } from "./overlap.ts";
import { SOURCE_STEMS } from "./separation.ts";

/** A stem whose spectrogram the kernels hold until it is closed. */
export interface StreamedStem extends OpenFile {
  /** Time of the decoder in seconds. */
  readonly decodeSeconds: number;
  /** Time of the spectrogram in seconds. */
  readonly spectrogramSeconds: number;
  /**
   * Takes the spectrogram, once.
   *
   * @param samples length with the silence that follows
   * @param rows receives `[frames, 81]` f32, as of `computeSpectrogram`
   * @returns SHA-256, 32 bytes, of the mean of both channels in 16 bit with the silence
   * @throws {KernelError} if there are more samples, or `rows` has another length
   */
  take(samples: number, rows: Float32Array): Promise<Uint8Array>;
}

/**
 * Decodes a stem to 16 bit and computes its spectrogram meanwhile.
 *
 * @param path path of the file
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @param gain factor of all samples before they are rounded; 1 by default, which changes nothing
 * @param range part of the file
 * @param signal aborts the computation
 * @returns the stem, to be closed by the caller
 * @throws {KernelError} as `openAudio`
 */
export async function streamStem(
  path: string,
  sampleRateHz: number,
  gain = 1,
  { first, end }: SampleRange = ALL_SAMPLES,
  signal?: AbortSignal,
): Promise<StreamedStem> {
  const settings = [sampleRateHz, first, end, gain] as const;
  const { handle, seconds, ...file } = await openFile(
    (...output) => invoke("tactus_stem_stream_open", path, ...settings, ...output, signal),
    "tactus_stem_stream_close",
    2,
  );
  const [decodeSeconds = 0, spectrogramSeconds = 0] = seconds;
  return {
    ...file,
    ...{ decodeSeconds, spectrogramSeconds },
    async take(samples, rows): Promise<Uint8Array> {
      const digest = new Uint8Array(32);
      await invoke("tactus_stem_stream_take", handle, samples, rows, digest);
      return digest;
    },
  };
}

/** Index of the mix itself among the stems bass, drums, other, vocals, mix. */
export const MIX_ITSELF = 4;

/** What is to be found out about all of a mix. */
export interface MixKinds {
  /** Mean and deviation, for a network; takes two passes over the file. */
  readonly normalisation?: boolean;
  /** Whether it is wider than mono, for filters that separate all stems. */
  readonly width?: boolean;
  /** SHA-256 of the samples. */
  readonly sha256?: boolean;
}

/** Findings about all of a mix. */
export interface MixDescription extends Omit<OpenFile, "close"> {
  /** SHA-256 of `[2, samples]` f32, times the gain, where it was asked for; else null. */
  readonly mixtureSha256: string | null;
}

/** Separation of a mix. */
export interface MixSettings {
  /** Factor of all samples; 1 changes nothing. */
  readonly gain: number;
  /** Nothing, bass and drums by filters, all stems by filters, or by a network. */
  readonly method: "none" | "rhythm" | "filters" | "network";
  /** Stems whose spectrograms are wanted, 0 to 3, and {@linkcode MIX_ITSELF}. */
  readonly spectrograms: readonly number[];
  /** Stems that are written to WAV files, with their paths. */
  readonly files?: readonly (readonly [stem: number, path: string])[];
  /** Samples by which the segments of a network are moved; null for none. */
  readonly shift?: number | null;
  /** Share of a segment of the network that overlaps the next one; {@linkcode OVERLAP} by default. */
  readonly overlap?: number;
  /** Stem that each source of the network is added to; {@linkcode SOURCE_STEMS} by default. */
  readonly sourceStems?: readonly number[];
}

/** End of a pass over a mix. */
export interface MixPassEnd {
  /** Segments of the pass that must follow, since a stem is too loud for 16 bit; undefined where all is done. */
  readonly again: number | undefined;
  /** The file. */
  readonly description: MixDescription;
  /** Times so far, in seconds; that of the separation is without the network's. */
  readonly seconds: {
    readonly decode: number;
    readonly demix: number;
    readonly spectrogram: number;
  };
}

/** A mix that is open, and whose samples are nowhere in memory as a whole. */
export interface OpenMix {
  /** Number of samples that the headers make plausible; 0 for none. */
  readonly expectedSamples: number;
  /** Reads all of the mix, times `gain`. */
  measure(gain: number, kinds: MixKinds, signal?: AbortSignal): Promise<MixDescription>;
  /** Begins a separation, and returns the number of segments of a network. */
  begin(settings: MixSettings): Promise<number>;
  /** Goes on without a network. */
  step(signal?: AbortSignal): Promise<{ readonly isEnd: boolean; readonly samples: number }>;
  /** Computes the inputs of a segment of the network, in the order of the segments. */
  input(
    index: number,
    wave: Float32Array,
    spectrum: Float32Array,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Joins the outputs of a segment of the network, in the order of the segments. */
  output(index: number, wave: Float32Array, spectrum: Float32Array): Promise<void>;
  /** Ends a pass. */
  end(): Promise<MixPassEnd>;
  /**
   * Takes the spectrogram of a stem, or of {@linkcode MIX_ITSELF}, once.
   *
   * @param rows receives `[frames, 81]` f32
   * @returns SHA-256, 32 bytes, of the mean of both channels in 16 bit
   */
  take(stem: number, rows: Float32Array): Promise<Uint8Array>;
  /** Closes the file and frees the memory. */
  close(): void;
}

/**
 * Opens a mix, and starts to decode it.
 *
 * @param path path of the file
 * @param sampleRateHz rate that the samples are converted to, Hz
 * @param range part of the file
 * @param signal aborts the reading of its headers
 * @returns the mix, to be closed by the caller
 * @throws {UnreadFormatError} if the kernels do not read its format or codec
 * @throws {KernelError} if the headers cannot be read, or it is not audio; its methods throw where it ends before the
 * part, or is damaged beyond repair
 */
export async function openMix(
  path: string,
  sampleRateHz: number,
  { first, end }: SampleRange = ALL_SAMPLES,
  signal?: AbortSignal,
): Promise<OpenMix> {
  const opened = new BigUint64Array(2);
  await openUnread(
    (...output) => invoke("tactus_mix_open", path, sampleRateHz, first, end, ...output, signal),
    new Uint8Array(DESCRIPTION_BYTES),
    opened,
  );
  const [handle = 0n, expected = 0n] = opened;
  return {
    expectedSamples: Number(expected),
    async measure(gain, { normalisation, width, sha256 }, signal): Promise<MixDescription> {
      const kinds = (normalisation ? 1 : 0) + (width ? 2 : 0) + (sha256 ? 4 : 0);
      const description = new Uint8Array(DESCRIPTION_BYTES);
      const numbers = new BigUint64Array(3);
      await invoke("tactus_mix_measure", handle, gain, kinds, description, numbers, signal);
      return describe(description, numbers);
    },
    async begin(settings): Promise<number> {
      const numbers = new BigUint64Array(1);
      const all = {
        files: [],
        shift: null,
        overlap: OVERLAP,
        sourceStems: SOURCE_STEMS,
        ...settings,
      };
      await invoke("tactus_mix_begin", handle, JSON.stringify(all), numbers);
      return Number(numbers[0]);
    },
    async step(signal): Promise<{ isEnd: boolean; samples: number }> {
      const numbers = new BigUint64Array(2);
      await invoke("tactus_mix_step", handle, numbers, signal);
      return { isEnd: numbers[0] === 1n, samples: Number(numbers[1]) };
    },
    input: (index, wave, spectrum, signal) =>
      invoke("tactus_mix_input", handle, index, wave, spectrum, signal),
    output: (index, wave, spectrum) => invoke("tactus_mix_output", handle, index, wave, spectrum),
    async end(): Promise<MixPassEnd> {
      const description = new Uint8Array(DESCRIPTION_BYTES);
      const numbers = new BigUint64Array(8);
      await invoke("tactus_mix_end", handle, description, numbers);
      const [decode = 0, demix = 0, spectrogram = 0] = [...numbers.subarray(5)]
        .map((time) => Number(time) / 1e9);
      return {
        again: numbers[0] === 1n ? Number(numbers[1]) : undefined,
        description: describe(description, numbers.subarray(2, 5)),
        seconds: { decode, demix, spectrogram },
      };
    },
    async take(stem, rows): Promise<Uint8Array> {
      const digest = new Uint8Array(32);
      await invoke("tactus_mix_take", handle, stem, rows, digest);
      return digest;
    },
    close: () => close("tactus_mix_close", handle),
  };
}

/** Reads the description of a mix; `numbers` are channels, samples and length of the description. */
function describe(description: Uint8Array, numbers: BigUint64Array): MixDescription {
  const [channels = 0n, samples = 0n, length = 0n] = numbers;
  return {
    ...readDescription(description, length) as Description & { mixtureSha256: string | null },
    channels: Number(channels),
    samples: Number(samples),
  };
}
