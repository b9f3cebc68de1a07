/**
 * Inner seams of the stages that only the native kernels run: spectrogram, network, beat decoder.
 *
 * @module
 */

import { type Tensor, tensor } from "../../core/tensor.ts";
import {
  computeSpectrogram,
  decodeBeats,
  DECODER_DEFAULTS,
  recordSeams,
} from "../../kernels/mod.ts";
import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import { openNativeNetwork } from "../../pipeline/backends/native/network.ts";
import { checkRun } from "../../pipeline/backends/network_session.ts";
import { decoderInput } from "../../pipeline/metrical.ts";
import { HOP_SAMPLES } from "../../pipeline/spectrogram.ts";
import { derivedSeam, type InnerSeams, innerSeams } from "./table.ts";

const BANDS = 81;

/** Bins of the Fourier transform that the references have. */
export interface SeenBins {
  /** The first bin that a filter covers. */
  readonly first: number;
  /** Number of bins. */
  readonly count: number;
}

/**
 * Computes the spectrogram of one stem and records the inner seams.
 *
 * @param stem `[channels, samples]` i16
 * @param bins bins of the magnitudes to return
 * @returns every seam: `[samples]`, `[frames, 2048]`, `[frames, bins]`, `[frames, 81]`, `[frames, 81]`
 * @throws {KernelError} if there are no samples
 */
export async function spectrogramSeams(stem: Tensor<"i16">, bins: SeenBins): Promise<InnerSeams> {
  const [channels = 0, samples = 0] = stem.shape;
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const logarithm = new Float32Array(frames * BANDS);
  const recorded = await recordSeams((recorder) =>
    computeSpectrogram(stem.data, channels, logarithm, recorder)
  );
  const { shape: [, width = 0], data: magnitudes } = recorded.get("magnitude")!;
  const seams = innerSeams([
    ...recorded,
    ["logarithm", tensor("f32", [frames, BANDS], logarithm)],
  ]);
  const seen = derivedSeam([frames, bins.count], frames * bins.count, (index) => {
    const [frame, bin] = [Math.floor(index / bins.count), index % bins.count];
    return magnitudes[frame * width + bins.first + bin]!;
  });
  return new Map([...seams, ["magnitude", seen]]);
}

/**
 * Runs one fold with the native kernels and records the inner seams.
 *
 * @param checkpoint the fold, of the depth of the table of inner seams
 * @param spectrogram `[4, frames, 81]` f32
 * @param threads number of threads; by default as many as there are cores
 * @returns every seam: `[4, frames, 24]` f32, and the logits `[13, frames]` f32
 * @throws {RangeError} if the spectrogram has another shape
 */
export async function networkSeams(
  checkpoint: Checkpoint,
  spectrogram: Tensor<"f32">,
  threads?: number,
): Promise<InnerSeams> {
  const frames = checkRun(checkpoint, checkpoint, spectrogram);
  const { numInstruments, numLabels, dimEmbed } = checkpoint.configuration;
  const logits = new Float32Array((3 + numLabels) * frames);
  const norm = new Float32Array(numInstruments * frames * dimEmbed);
  const { kernel, fold } = await openNativeNetwork(checkpoint, threads);
  try {
    const recorded = await recordSeams((recorder) =>
      kernel.run(fold, spectrogram.data, logits, norm, recorder)
    );
    return innerSeams([
      ...recorded,
      ["norm", tensor("f32", [numInstruments, frames, dimEmbed], norm)],
      ["logits", tensor("f32", [3 + numLabels, frames], logits)],
    ]);
  } finally {
    kernel.close();
  }
}

/**
 * Decodes beats and records the inner seams.
 *
 * @param beat `[frames]` f32, probability
 * @param downbeat `[frames]` f32, probability
 * @param threshold as of `metrical()`
 * @returns the decoder's input `[frames, 2]`, log densities of the frames that take part `[frames, 3]`, and the score
 * of the best path with 3 and with 4 beats in a bar `[2]`
 */
export async function metricalSeams(
  beat: Tensor<"f32">,
  downbeat: Tensor<"f32">,
  threshold: number,
): Promise<InnerSeams> {
  const input = decoderInput(beat.data, downbeat.data);
  const recorded = await recordSeams((recorder) =>
    decodeBeats(input, threshold, DECODER_DEFAULTS, recorder)
  );
  return innerSeams([
    ["decoder_input", tensor("f32", [input.length / 2, 2], input)],
    ...recorded,
  ]);
}
