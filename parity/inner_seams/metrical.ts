/**
 * Inner seams of the beat decoder.
 *
 * @module
 */

import { decodeBeats, recordSeams } from "../../kernels/mod.ts";
import { decoderInput } from "../../pipeline/metrical.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { type InnerSeams, innerSeams } from "./table.ts";

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
  const recorded = await recordSeams((recorder) => decodeBeats(input, threshold, recorder));
  return innerSeams([
    ["decoder_input", tensor("f32", [input.length / 2, 2], input)],
    ...recorded,
  ]);
}
