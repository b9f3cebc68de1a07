/**
 * Stage: stems to 16 bits, as upstream saves them to files.
 *
 * @module
 */

import { requantizeStem } from "../kernels/kernels.ts";
import { type Tensor, tensor } from "./tensor.ts";

/**
 * Rounds stems to 16 bits as upstream saves them: a stem whose peak is too loud is rescaled as a
 * whole first.
 *
 * @param stems `[4, 2, samples]` f32, full scale 1.0
 * @returns `[4, 2, samples]` i16
 *
 * Source: demucs 4.0.1, `audio.py`, `save_audio`.
 */
export async function requantize(stems: Tensor<"f32">): Promise<Tensor<"i16">> {
  const count = stems.shape[0] ?? 0;
  const length = stems.data.length / Math.max(count, 1);
  const output = new Int16Array(stems.data.length);
  const input = stems.data as Float32Array<ArrayBuffer>;
  await Promise.all(
    Array.from({ length: count }, (_, stem) => {
      const [start, end] = [stem * length, (stem + 1) * length];
      return requantizeStem(input.subarray(start, end), output.subarray(start, end));
    }),
  );
  return tensor("i16", stems.shape, output);
}
