/**
 * The transformer's position embeddings, computed in double precision.
 *
 * Source: `create_sin_embedding` and `create_2d_sin_embedding` of `demucs.transformer` (demucs 4.0.1).
 *
 * @module
 */

import type { Tensor } from "../../../../core/tensor.ts";
import { computed } from "./weights.ts";

/**
 * Embeds moments: cosines in the first half of the channels, sines in the second.
 *
 * @param length number of positions
 * @param channels width, even
 * @param period longest period, positions
 * @param weight what the embedding is multiplied by
 * @returns [length, channels] f32
 */
export function embedMoments(
  length: number,
  channels: number,
  period: number,
  weight: number,
): Tensor<"f32"> {
  const half = channels / 2;
  return computed([length, channels], (at) => {
    const [position, c] = [Math.floor(at / channels), at % channels];
    const phase = position / period ** ((c % half) / (half - 1));
    return weight * (c < half ? Math.cos(phase) : Math.sin(phase));
  });
}

/**
 * Embeds positions in a spectrogram: frames in the first half of the channels, frequencies in the second, each with sines
 * at even and cosines at odd channels.
 *
 * @param rows number of frequencies
 * @param frames number of frames
 * @param channels width, a multiple of four
 * @param period longest period, positions
 * @param weight what the embedding is multiplied by
 * @returns [rows · frames, channels] f32
 */
export function embedPlane(
  rows: number,
  frames: number,
  channels: number,
  period: number,
  weight: number,
): Tensor<"f32"> {
  const half = channels / 2;
  const tables = [frames, rows].map((length) =>
    Float64Array.from({ length: length * half }, (_, at) => {
      const [position, c] = [Math.floor(at / half), at % half];
      const phase = position * Math.exp(-(c - c % 2) * Math.log(period) / half);
      return weight * (c % 2 === 0 ? Math.sin(phase) : Math.cos(phase));
    })
  );
  return computed([rows * frames, channels], (at) => {
    const [token, c] = [Math.floor(at / channels), at % channels];
    const position = c < half ? token % frames : Math.floor(token / frames);
    return tables[c < half ? 0 : 1]![position * half + c % half]!;
  });
}
