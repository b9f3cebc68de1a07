/**
 * Changes of clips, so that references cover input of every kind. They are exact: integer arithmetic on 16-bit samples.
 *
 * Source: `fixtures/upstream/separation_clips.py`, which makes the same samples.
 *
 * @module
 */

import { hash32 } from "../core/counter_random.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

/** Names of the changes. */
export const CLIP_CHANGES = ["clipped", "mono", "near_silence", "quiet", "sparse"] as const;

/** Name of a change. */
export type ClipChange = typeof CLIP_CHANGES[number];

/** Samples of a burst of a sparse clip, of which every twentieth is kept. */
const BURST_SAMPLES = 2205;

/** Returns a new sample from the one at a position, both in 16-bit steps, and the one of the other channel. */
type Change = (step: number, position: number, channel: number, other: number) => number;

const CHANGES: Readonly<Record<ClipChange, Change>> = {
  clipped: (step) => Math.max(-32768, Math.min(8 * step, 32767)),
  mono: (step, _position, _channel, other) => (step + other) >> 1,
  near_silence: (_step, position, channel) => hash32(2 * position + channel) % 3 - 1,
  quiet: (step) => step >> 7,
  sparse: (step, position) => Math.floor(position / BURST_SAMPLES) % 20 === 0 ? step : 0,
};

/**
 * Changes a clip: `clipped` is eight times louder and saturated, `mono` has the mean of both channels in both, rounded
 * down, `near_silence` is noise of one step, `quiet` is 128 times quieter, rounded down, and `sparse` is silent
 * but for 50 ms of each second.
 *
 * @param clip `[2, samples]` f32, full scale 1.0, in whole steps of 16 bit
 * @param change name of the change
 * @returns a new clip of the same shape
 */
export function changedClip({ shape, data }: Tensor<"f32">, change: ClipChange): Tensor<"f32"> {
  const samples = data.length / 2;
  const steps = data.map((sample) => sample * 32768);
  const changed = steps.map((step, at) => {
    const [channel, position] = at < samples ? [0, at] : [1, at - samples];
    return CHANGES[change](step, position, channel, steps[(1 - channel) * samples + position]!) /
      32768;
  });
  return tensor("f32", shape, changed);
}
