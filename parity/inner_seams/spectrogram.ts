/**
 * Inner seams of the spectrogram.
 *
 * @module
 */

import { computeSpectrogram, recordSeams } from "../../kernels/mod.ts";
import { HOP_SAMPLES } from "../../pipeline/spectrogram.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
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
