/**
 * Inputs of the self-test: the same on every machine, from the demo piece and from counter-based random numbers.
 *
 * @module
 */

import { CounterRandom } from "../../core/counter_random.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { readMixture } from "../../pipeline/mixture.ts";
import type { Seams } from "../../pipeline/seams.ts";
import { BANDS, FRAMES_PER_SECOND } from "../../pipeline/spectrogram.ts";

/** Seconds of the demo piece that are decoded and separated. */
const AUDIO_SECONDS = 2;

/** Frames of the network's input. */
const NETWORK_FRAMES = 200;

/** Frames of the activations from which beats and segments are found: 40 s. */
const FRAMES = 40 * FRAMES_PER_SECOND;

/**
 * Returns the inputs of each stage but decoding.
 *
 * @param mixture the decoded part of the demo piece, `[2, samples]` f32
 */
export function selfTestInputs(mixture: Tensor<"f32">): Seams {
  const random = new CounterRandom("self-test");
  const values = (shape: readonly number[], low: number, high: number): Tensor<"f32"> => {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
    return tensor("f32", shape, data.map(() => low + (high - low) * random.uniform()));
  };
  const samples = mixture.data.length;
  const stems16 = new Int16Array(4 * samples);
  for (let stem = 0; stem < 4; stem++) {
    // Each stem is the mix, half as loud as the one before.
    stems16.set(
      Int16Array.from(mixture.data, (value) => Math.trunc(value * 2 ** (15 - stem))),
      stem * samples,
    );
  }
  const [, length = 0] = mixture.shape;
  const pulses = (period: number, low: number, high: number): Tensor<"f32"> => {
    const noise = values([FRAMES], low / 2, low);
    return { ...noise, data: noise.data.map((value, at) => at % period === 20 ? high : value) };
  };
  return {
    mixture,
    stems16: tensor("i16", [4, 2, length], stems16),
    "spectrogram": values([4, NETWORK_FRAMES, BANDS], 0, 1.5),
    "logits.beat": values([NETWORK_FRAMES], -8, 4),
    "logits.downbeat": values([NETWORK_FRAMES], -8, 4),
    "logits.section": values([NETWORK_FRAMES], -8, 4),
    "logits.function": values([10, NETWORK_FRAMES], -8, 4),
    "activations.beat": pulses(48, 0.02, 0.9),
    "activations.downbeat": pulses(4 * 48, 0.01, 0.8),
    "activations.section": pulses(8 * 4 * 48, 0.01, 0.7),
    "activations.function": values([10, FRAMES], 0, 0.2),
  } as Seams;
}

/**
 * Decodes the beginning of the demo piece.
 *
 * @param path path of the demo piece
 */
export async function decodeDemo(path: string): Promise<Tensor<"f32">> {
  const part = { startSeconds: 10, endSeconds: 10 + AUDIO_SECONDS };
  return (await readMixture(path, { ffmpeg: false, part })).mixture;
}
