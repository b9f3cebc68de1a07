/**
 * What passes between the layers of the music structure network.
 *
 * @module
 */

import type { Checkpoint } from "../../models/all_in_one/parameters.ts";
import { openNativeNetwork } from "../../pipeline/backends/native/network.ts";
import { checkRun } from "../../pipeline/backends/network_session.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { INNER_SEAMS, innerSeam, type InnerSeams } from "./table.ts";

/**
 * Runs one fold in our own kernels.
 *
 * @param checkpoint the fold, of the depth that the table of inner seams has
 * @param spectrogram `[4, frames, 81]` f32
 * @param threads as many as there are cores when absent
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
  const shape = [numInstruments, frames, dimEmbed];
  const rows = (): Float32Array<ArrayBuffer> =>
    new Float32Array(numInstruments * frames * dimEmbed);
  const { kernel, fold } = await openNativeNetwork(checkpoint, threads);
  try {
    const logits = new Float32Array((3 + numLabels) * frames);
    const norm = rows();
    await kernel.run(fold, spectrogram.data, logits, norm, true);
    const tensors = new Map<string, Tensor>([
      ["norm", tensor("f32", shape, norm)],
      ["logits", tensor("f32", [3 + numLabels, frames], logits)],
    ]);
    for (const { name } of INNER_SEAMS["network"] ?? []) {
      if (tensors.has(name)) continue;
      const values = rows();
      await kernel.seam(name, values);
      tensors.set(name, tensor("f32", shape, values));
    }
    return new Map([...tensors].map(([name, values]) => [name, innerSeam(values)]));
  } finally {
    kernel.close();
  }
}
