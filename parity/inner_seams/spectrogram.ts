/**
 * What passes between the steps of the spectrogram.
 *
 * @module
 */

import { spectrogramSteps } from "../../kernels/kernels.ts";
import { HOP_SAMPLES, spectrogram } from "../../pipeline/spectrogram.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { derivedSeam, innerSeam, type InnerSeams } from "./table.ts";

/** Bins of the Fourier transform. */
const BINS = 1024;

/** Which bins the references have. */
export interface SeenBins {
  /** The first that a filter sees. */
  readonly first: number;
  /** How many. */
  readonly count: number;
}

/**
 * Computes the spectrogram of one stem step by step.
 *
 * @param stem `[channels, samples]` i16
 * @param bins which bins of the magnitudes are wanted
 * @returns every step: `[samples]`, `[frames, 2048]`, `[frames, bins]`, `[frames, 81]`, `[frames, 81]`
 * @throws {KernelError} if there are no samples
 */
export async function spectrogramSeams(stem: Tensor<"i16">, bins: SeenBins): Promise<InnerSeams> {
  const [channels = 0, samples = 0] = stem.shape;
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const data = stem.data as Int16Array<ArrayBuffer>;
  const steps = await spectrogramSteps(data, channels, frames);
  const whole = await spectrogram(tensor("i16", [1, channels, samples], data));
  const seen = [frames, bins.count];
  return new Map([
    ["mono", innerSeam(tensor("i16", [samples], steps.mono))],
    ["windowed", innerSeam(tensor("f64", [frames, 2 * BINS], steps.windowed))],
    [
      "magnitude",
      derivedSeam(seen, frames * bins.count, (index) => {
        const [frame, bin] = [Math.floor(index / bins.count), index % bins.count];
        return steps.magnitudes[frame * BINS + bins.first + bin]!;
      }),
    ],
    ["filtered", innerSeam(tensor("f64", [frames, 81], steps.filtered))],
    ["logarithm", innerSeam({ ...whole, shape: whole.shape.slice(1) })],
  ]);
}
