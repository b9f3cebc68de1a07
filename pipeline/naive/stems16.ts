/**
 * Naive reference implementation of rounding stems to 16 bit.
 *
 * @module
 */

import { type Tensor, tensor } from "../../core/tensor.ts";

/**
 * Rounds stems to 16 bit by upstream's rule, in double precision. Each stem is divided by 1.01 times its
 * peak where that exceeds full scale, multiplied by 32768, rounded half to even and saturated.
 *
 * The function shares no code with the kernel that it is the reference of.
 *
 * @param stems `[stems, channels, samples]` f32, full scale 1.0
 * @returns i16 of the same shape, 1/32768 of full scale
 *
 * Source: demucs 4.0.1, `audio.py`, `save_audio`; torchaudio's FFmpeg backend.
 */
export function naiveStems16({ shape, data }: Tensor<"f32">): Tensor<"i16"> {
  const output = new Int16Array(data.length);
  const length = data.length / Math.max(shape[0] ?? 0, 1);
  for (let start = 0; start < data.length; start += length) {
    const stem = data.subarray(start, start + length);
    const peak = stem.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.max(1.01 * peak, 1);
    stem.forEach((value, at) => {
      const rounded = halfToEven(value / scale * 32768);
      output[start + at] = Math.min(Math.max(rounded, -32768), 32767);
    });
  }
  return tensor("i16", shape, output);
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  const above = value - below;
  if (above === 0.5) return below % 2 === 0 ? below : below + 1;
  return above < 0.5 ? below : below + 1;
}
