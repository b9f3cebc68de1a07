/**
 * What passes between the steps of the beat decoder.
 *
 * @module
 */

import { decoderSteps } from "../../kernels/kernels.ts";
import { decoderInput } from "../../pipeline/metrical.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { innerSeam, type InnerSeams } from "./table.ts";

/**
 * Decodes beats step by step.
 *
 * @param beat `[frames]` f32, probability
 * @param downbeat `[frames]` f32, probability
 * @param threshold as of `metrical()`
 * @returns what the decoder is fed `[frames, 2]`, log densities of the frames that take part `[frames, 3]`, and the
 * score of the best path with 3 and with 4 beats in a bar `[2]`
 */
export async function metricalSeams(
  beat: Tensor<"f32">,
  downbeat: Tensor<"f32">,
  threshold: number,
): Promise<InnerSeams> {
  const input = decoderInput(beat.data, downbeat.data);
  const { logDensities, scores } = await decoderSteps(input, threshold);
  return new Map([
    ["decoder_input", innerSeam(tensor("f32", [input.length / 2, 2], input))],
    ["log_densities", innerSeam(tensor("f64", [logDensities.length / 3, 3], logDensities))],
    ["scores", innerSeam(tensor("f64", [scores.length], scores as Float64Array<ArrayBuffer>))],
  ]);
}
