/**
 * The two networks: music structure (All-In-One) and separation (HTDemucs).
 *
 * Configurations cross as JSON with exactly the fields of the Rust structs; parameters as safetensors, by the names
 * of upstream's `state_dict`.
 *
 * @module
 */

import { close, invoke } from "./binding.ts";
import { type Precision, PRECISIONS } from "./precision.ts";
import { recorderHandle, type SeamRecorder } from "./seams.ts";

/** Sizes of a separation network; the names are upstream's in camel case. */
export interface HtdemucsSizes {
  /** Number of stems. */
  readonly sources: number;
  /** Channels of the audio. */
  readonly audioChannels: number;
  /** Channels after the first encoder. */
  readonly channels: number;
  /** Ratio of an encoder's channels to those of the one before. */
  readonly growth: number;
  /** Number of encoders, and of decoders, in each branch. */
  readonly depth: number;
  /** Length of a frame of the spectrogram, samples; the hop is a quarter of it. */
  readonly nfft: number;
  /** Weight of the frequency embedding. */
  readonly freqEmb: number;
  /** Factor of the stored frequency embedding. */
  readonly embScale: number;
  /** Layers of a residual branch. */
  readonly dconvDepth: number;
  /** Ratio of a layer's channels to those of its residual branch, which are rounded down. */
  readonly dconvComp: number;
  /** Channels of the transformer; 0 for those of the last encoder. */
  readonly bottomChannels: number;
  /** Layers of the transformer, in each branch. */
  readonly tLayers: number;
  /** Attention heads. */
  readonly tHeads: number;
  /** Width of a hidden layer of the transformer, as a multiple of its channels. */
  readonly tHiddenScale: number;
  /** Longest period of the position embeddings, positions. */
  readonly tMaxPeriod: number;
  /** Weight of the position embeddings. */
  readonly tWeightPosEmbed: number;
  /** Length of a segment, samples. */
  readonly segmentSamples: number;
}

/** A separation network that the kernels hold until it is closed. */
export interface HtdemucsKernel {
  /**
   * Runs one segment.
   *
   * @param wave `[audio channels, samples]` f32, normalised
   * @param spectrum `[2 · audio channels, frequencies, frames]` f32, normalised
   * @param waveOut receives `[sources, audio channels, samples]` f32
   * @param spectrumOut receives `[sources, 2 · audio channels, frequencies, frames]` f32
   * @param recorder records the output of each layer under the names of `buildHtdemucs()`, f32
   * @param signal aborts the run
   * @throws {KernelError} if an array has another length
   */
  run(
    wave: Float32Array,
    spectrum: Float32Array,
    waveOut: Float32Array,
    spectrumOut: Float32Array,
    recorder?: SeamRecorder,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Frees the memory. */
  close(): void;
}

/**
 * Opens a separation network.
 *
 * @param sizes the sizes
 * @param parameters f32 in safetensors format
 * @param threads number of threads, at least 1
 * @param precision precision of the products
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the sizes are out of range, or a parameter is missing or of another size
 */
export async function openHtdemucs(
  sizes: HtdemucsSizes,
  parameters: Uint8Array,
  threads: number,
  precision: Precision = "f32",
): Promise<HtdemucsKernel> {
  const handles = new BigUint64Array(1);
  const json = JSON.stringify(sizes);
  const kind = PRECISIONS.indexOf(precision);
  await invoke("tactus_htdemucs_open", json, parameters, threads, kind, handles);
  const [handle = 0n] = handles;
  return {
    async run(wave, spectrum, waveOut, spectrumOut, recorder, signal): Promise<void> {
      const arrays = [wave, spectrum, waveOut, spectrumOut] as const;
      await invoke("tactus_htdemucs_run", handle, ...arrays, recorderHandle(recorder), signal);
    },
    close: () => close("tactus_htdemucs_close", handle),
  };
}

/** Sizes of a music structure network; the names are upstream's in camel case. */
export interface NetworkSizes {
  /** Number of stems, at most five. */
  readonly numInstruments: number;
  /** Number of segment functions. */
  readonly numLabels: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Base of the dilations: the dilation of block i is this to the power i. */
  readonly dilationFactor: number;
  /** Largest dilation of a block's first attention, frames. */
  readonly dilationMax: number;
  /** Number of attention heads. */
  readonly numHeads: number;
  /** Keys in the window of a query of the time attention, an odd number. */
  readonly kernelSize: number;
  /** Bands of the spectrogram. */
  readonly dimInput: number;
  /** Channels of a frame's embedding. */
  readonly dimEmbed: number;
  /** Width of the hidden layer of a block's perceptron, as a multiple of its input. */
  readonly mlpRatio: number;
  /** Epsilon of the layer norms but the embedding's. */
  readonly layerNormEps: number;
}

/** A music structure network that the kernels hold until it is closed. */
export interface NetworkKernel {
  /**
   * Packs a fold's weights.
   *
   * @param parameters f32 in safetensors format
   * @returns the fold's number
   * @throws {KernelError} if a parameter is missing or of another size
   */
  addFold(parameters: Uint8Array): Promise<number>;
  /**
   * Runs a fold on a track.
   *
   * @param fold the fold's number
   * @param spectrogram `[instruments, frames, bands]` f32, at least one frame
   * @param logits receives `[3 + labels, frames]` f32; rows beat, downbeat, section, functions
   * @param embeddings receives `[instruments, frames, width]` f32, or is empty
   * @param recorder records `embedded`, `block.N.time` and `block.N.instruments`, `[instruments, frames, width]` f32
   * @param signal aborts the run
   * @throws {KernelError} if there is no such fold or an array has another length
   */
  run(
    fold: number,
    spectrogram: Float32Array,
    logits: Float32Array,
    embeddings: Float32Array,
    recorder?: SeamRecorder,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Frees the memory. */
  close(): void;
}

/**
 * Opens a music structure network without folds.
 *
 * @param sizes the sizes
 * @param threads number of threads, at least 1
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the sizes are out of range
 */
export async function openNetwork(sizes: NetworkSizes, threads: number): Promise<NetworkKernel> {
  const handles = new BigUint64Array(1);
  await invoke("tactus_network_open", JSON.stringify(sizes), threads, handles);
  const [handle = 0n] = handles;
  return {
    async addFold(parameters): Promise<number> {
      const folds = new BigUint64Array(1);
      await invoke("tactus_network_add_fold", handle, parameters, folds);
      return Number(folds[0]);
    },
    async run(fold, spectrogram, logits, embeddings, recorder, signal): Promise<void> {
      const arrays = [spectrogram, logits, embeddings] as const;
      await invoke("tactus_network_run", handle, fold, ...arrays, recorderHandle(recorder), signal);
    },
    close: () => close("tactus_network_close", handle),
  };
}
