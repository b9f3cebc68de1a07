/**
 * Encoders and decoders of both branches. Their strided convolutions run along the frequencies of the spectrogram and along
 * the wave.
 *
 * Source: `demucs.hdemucs.HEncLayer` and `HDecLayer` (demucs 4.0.1).
 *
 * @module
 */

import { KERNEL, STRIDE } from "../../../../models/htdemucs/configuration.ts";
import { REWRITE_KERNEL } from "../../../../models/htdemucs/parameters.ts";
import {
  addGate,
  addGelu,
  addStridedConvolution,
  CROP,
  halfConvolution,
  storedConvolution,
} from "./convolution.ts";
import { alongFirst, computed, type Network, padFirst, type Plane } from "./plane.ts";
import { addResidualBranch } from "./residual_branch.ts";

/**
 * Adds an encoder.
 *
 * @param network graph, weights and sizes
 * @param name `encoder.N` or `tencoder.N`
 * @param x input
 * @returns output with a quarter of the rows or of the length, rounded up
 */
export function addEncoder(network: Network, name: string, x: Plane): Plane {
  const { graph, weights } = network;
  const convolution = storedConvolution(weights, `${name}.conv`);
  const plane = addGelu(graph, addStridedConvolution(graph, x, convolution));
  const y = addResidualBranch(network, `${name}.dconv`, plane);
  return addGatedConvolution(network, `${name}.rewrite`, y, alongFirst(y, 1));
}

/**
 * Adds a decoder.
 *
 * @param network graph, weights and sizes
 * @param name `decoder.N` or `tdecoder.N`
 * @param x output of the previous decoder
 * @param skip output of the encoder of the same level, of the same shape
 * @param length length of the output, samples, for the wave
 * @param last whether it is the last decoder, which has no GELU
 * @returns output with four times the rows, or of the given length
 */
export function addDecoder(
  network: Network,
  name: string,
  x: Plane,
  skip: Plane,
  length: number,
  last: boolean,
): Plane {
  const { graph } = network;
  const joined = { ...x, value: graph.node("Add", [x.value, skip.value]) };
  const kernel = alongFirst(x, REWRITE_KERNEL).map(() => REWRITE_KERNEL);
  const gated = addGatedConvolution(network, `${name}.rewrite`, joined, kernel);
  const y = addResidualBranch(network, `${name}.dconv`, gated);
  const z = addTransposedConvolution(network, `${name}.conv_tr`, y, length);
  return last ? z : addGelu(graph, z);
}

/**
 * Adds a transposed convolution as an ordinary convolution of two taps with all {@linkcode STRIDE} phases as channels, which
 * are then interleaved. Output n = 4q + r uses tap r of input q and tap r + 4 of input q − 1.
 */
function addTransposedConvolution(
  { graph, weights }: Network,
  name: string,
  x: Plane,
  length: number,
): Plane {
  const { shape, data } = weights.stored(`${name}.weight`);
  const [inputs, channels] = shape as [number, number];
  const weight = computed([STRIDE * channels, inputs, ...alongFirst(x, 2)], (at) => {
    const [tap, rest] = [at % 2, Math.floor(at / 2)];
    const [input, output] = [rest % inputs, Math.floor(rest / inputs)];
    const [phase, channel] = [Math.floor(output / channels), output % channels];
    return data[(input * channels + channel) * KERNEL + phase + (tap === 0 ? STRIDE : 0)]!;
  });
  const bias = weights.stored(`${name}.bias`).data;
  const phases = graph.node("Conv", [
    x.value,
    graph.constant(weight),
    graph.constant(computed([STRIDE * channels], (i) => bias[i % channels]!)),
  ], { kernel_shape: alongFirst(x, 2), pads: padFirst(x, 1, 1) });
  const blocks = (x.rows ?? x.length) + 1;
  const inner = x.rows === null ? [] : [x.length];
  const split = graph.reshape(phases, [STRIDE, channels, blocks, ...inner]);
  const turned = graph.node("Transpose", [split], {
    perm: x.rows === null ? [1, 2, 0] : [1, 2, 0, 3],
  });
  const whole = graph.reshape(turned, [1, channels, STRIDE * blocks, ...inner]);
  const count = x.rows === null ? length : x.rows * STRIDE;
  const value = graph.slice(whole, [CROP], [CROP + count], [2]);
  const sizes = x.rows === null ? { length } : { rows: count };
  return { ...x, ...sizes, channels, value };
}

/**
 * Adds the frequency embedding.
 *
 * @param network graph, weights and sizes
 * @param x output of the first encoder
 * @returns sum, of the same shape
 */
export function addFrequencyEmbedding({ graph, weights, configuration }: Network, x: Plane): Plane {
  const { values } = weights.get("freq_emb.embedding.weight");
  const { freqEmb, embScale } = configuration;
  const rows = x.rows ?? 1;
  const embedding = computed(
    [1, x.channels, rows, 1],
    (i) => freqEmb * embScale * values[(i % rows) * x.channels + Math.floor(i / rows)]!,
  );
  return { ...x, value: graph.node("Add", [x.value, graph.constant(embedding)]) };
}

function addGatedConvolution(
  { graph, weights }: Network,
  name: string,
  x: Plane,
  kernel: readonly number[],
): Plane {
  const both = storedConvolution(weights, name);
  const gate = halfConvolution(both, x.channels);
  return addGate(graph, x, halfConvolution(both, 0), gate, kernel);
}
