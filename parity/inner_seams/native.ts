/**
 * Inner seams of the stages that only the native kernels run: spectrogram and network.
 *
 * @module
 */

import { type Tensor, tensor } from "../../core/tensor.ts";
import { computeSpectrogram, recordSeams } from "../../kernels/mod.ts";
import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import {
  createNativeNetworkSession,
  openNativeNetwork,
} from "../../pipeline/backends/native/network.ts";
import { runFolds } from "../../pipeline/backends/network_folds.ts";
import {
  checkRun,
  type NetworkOutput,
  networkOutput,
  type NetworkSession,
} from "../../pipeline/backends/network_session.ts";
import { HOP_SAMPLES } from "../../pipeline/spectrogram.ts";

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
export async function spectrogramSeams(
  stem: Tensor<"i16">,
  bins: SeenBins,
): Promise<Record<string, Tensor>> {
  const [channels = 0, samples = 0] = stem.shape;
  const frames = Math.ceil(samples / HOP_SAMPLES);
  const logarithm = new Float32Array(frames * BANDS);
  const recorded = await recordSeams((recorder) =>
    computeSpectrogram(stem.data, channels, logarithm, recorder)
  );
  const { shape: [rows = 0, width = 0], data: magnitudes } = recorded.get("magnitude")!;
  const seen = new Float64Array(rows * bins.count);
  for (let frame = 0; frame < rows; frame++) {
    const first = frame * width + bins.first;
    seen.set(magnitudes.subarray(first, first + bins.count), frame * bins.count);
  }
  return {
    ...Object.fromEntries(recorded),
    magnitude: tensor("f64", [rows, bins.count], seen),
    logarithm: tensor("f32", [frames, BANDS], logarithm),
  };
}

/**
 * Runs folds with the native kernels, and records the inner seams of the first and the logits of all.
 *
 * @param checkpoints the folds; the first has the depth of the table of inner seams
 * @param spectrogram `[4, frames, 81]` f32
 * @param threads number of threads; by default as many as there are cores
 * @returns every seam: `[4, frames, 24]` f32; the logits `[13, frames]` f32 of each fold; the outputs of the stage
 * @throws {RangeError} if the spectrogram has another shape, or there is no fold
 */
export async function networkSeams(
  checkpoints: readonly Checkpoint[],
  spectrogram: Tensor<"f32">,
  threads?: number,
): Promise<Record<string, Tensor>> {
  const [first] = checkpoints;
  if (first === undefined) throw new RangeError("Expected at least one fold to walk through");
  const compute = threads === undefined ? {} : { threads };
  const { configuration } = first;
  const { numInstruments, dimEmbed } = configuration;
  const seams: Record<string, Tensor> = {};
  const others = await createNativeNetworkSession(first, { compute });
  const { kernel, fold } = await openNativeNetwork(first, threads);
  const session: NetworkSession = {
    async run(input, checkpoint = first, into): Promise<NetworkOutput> {
      const frames = checkRun(first, checkpoint, input);
      const nth = checkpoints.indexOf(checkpoint);
      const logits = into!;
      const keepLogits = (name: string): void => {
        seams[name] = tensor("f32", [logits.length / frames, frames], logits.slice());
      };
      if (nth > 0) {
        const output = await others.run(input, checkpoint, logits);
        keepLogits(`fold.${nth}.logits`);
        return output;
      }
      const norm = new Float32Array(numInstruments * frames * dimEmbed);
      const recorded = await recordSeams((recorder) =>
        kernel.run(fold, input.data, logits, norm, recorder)
      );
      Object.assign(seams, Object.fromEntries(recorded), {
        norm: tensor("f32", [numInstruments, frames, dimEmbed], norm),
      });
      keepLogits("logits");
      return networkOutput(configuration, frames, logits, norm);
    },
    release: () => Promise.resolve(),
  };
  try {
    const outputs = await runFolds(checkpoints, spectrogram, { session });
    return { ...seams, ...outputs };
  } finally {
    kernel.close();
    await others.release();
  }
}
