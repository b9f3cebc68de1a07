/**
 * Inner seams of the music structure network.
 *
 * @module
 */

import { recordSeams } from "../../kernels/mod.ts";
import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import { openNativeNetwork } from "../../pipeline/backends/native/network.ts";
import { checkRun } from "../../pipeline/backends/network_session.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { type InnerSeams, innerSeams } from "./table.ts";

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
