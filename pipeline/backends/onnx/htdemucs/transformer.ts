/**
 * Cross-domain transformer between the encoders and the decoders, and its position embeddings.
 *
 * Both branches are lists of tokens [tokens, channels]. The spectrogram's tokens are in the order frequency, frame, their
 * order in memory. Upstream's order is frame, frequency, but only the position embedding depends on it.
 *
 * Source: `CrossTransformerEncoder`, `create_sin_embedding` and `create_2d_sin_embedding` of `demucs.transformer` (demucs 4.0.1).
 *
 * @module
 */

import { type Tensor, tensor, transposed } from "../../../../core/tensor.ts";
import { encoderChannels, transformerChannels } from "../../../../models/htdemucs/configuration.ts";
import { addCentring } from "../centring.ts";
import { MICROSOFT, type Value } from "../graph.ts";
import { addAttention, type Tokens } from "./attention.ts";
import { computed, type Network, type Plane, planeShape } from "./plane.ts";
import { closestDivisor } from "./statistics.ts";

const EPSILON = 1e-5;
const NAME = "crosstransformer";

/** Both branches at the bottom of the network. */
export interface Bottom {
  /** Output of the spectrogram's branch. */
  readonly x: Plane;
  /** Output of the wave's branch. */
  readonly xt: Plane;
  /** Outputs of the transformer before the channels are changed back: [tokens, channels] f32. */
  readonly tokens: { readonly x: Value; readonly xt: Value };
}

/**
 * Adds the change of channels, the transformer, and the change back.
 *
 * @param network graph, weights and sizes
 * @param x output of the last encoder in the spectrogram's branch
 * @param xt output of the last encoder in the wave's branch
 * @returns both outputs, of the inputs' shapes
 */
export function addTransformer(network: Network, x: Plane, xt: Plane): Bottom {
  const { tLayers, tMaxPeriod, tWeightPosEmbed } = network.configuration;
  const width = transformerChannels(network.configuration);
  const plane = embedPlane(x.rows ?? 1, x.length, width, tMaxPeriod, tWeightPosEmbed);
  const moments = embedMoments(xt.length, width, tMaxPeriod, tWeightPosEmbed);
  let tokens = addTokens(network, x, "", plane);
  let tokensT = addTokens(network, xt, "_t", moments);
  for (let i = 0; i < tLayers; i++) {
    const [name, nameT] = [`${NAME}.layers.${i}`, `${NAME}.layers_t.${i}`];
    const crosses = i % 2 === 1;
    const before = tokens;
    tokens = addLayer(network, name, tokens, crosses ? tokensT : undefined);
    tokensT = addLayer(network, nameT, tokensT, crosses ? before : undefined);
  }
  return {
    x: addPlane(network, tokens, x, ""),
    xt: addPlane(network, tokensT, xt, "_t"),
    tokens: { x: tokens.value, xt: tokensT.value },
  };
}

function addTokens(network: Network, x: Plane, branch: string, positions: Tensor<"f32">): Tokens {
  const { graph, weights, configuration } = network;
  const count = (x.rows ?? 1) * x.length;
  const flat = graph.reshape(x.value, [x.channels, count]);
  const tokens = configuration.bottomChannels === 0
    ? graph.node("Transpose", [flat], { perm: [1, 0] })
    : graph.node("Gemm", [
      flat,
      graph.constant(matrix(weights.stored(`channel_upsampler${branch}.weight`))),
      graph.constant(weights.stored(`channel_upsampler${branch}.bias`)),
    ], { transA: 1, transB: 1 });
  const normed = addLayerNorm(network, `${NAME}.norm_in${branch}`, tokens);
  return { value: graph.node("Add", [normed, graph.constant(positions)]), count };
}

function addPlane(network: Network, { value }: Tokens, like: Plane, branch: string): Plane {
  const { graph, weights, configuration } = network;
  const name = `channel_downsampler${branch}`;
  const channels = encoderChannels(configuration).at(-1)!;
  const flat = configuration.bottomChannels === 0
    ? graph.node("Transpose", [value], { perm: [1, 0] })
    : graph.node("Gemm", [
      graph.constant(matrix(weights.stored(`${name}.weight`))),
      value,
      graph.constant(tensor("f32", [channels, 1], weights.stored(`${name}.bias`).data)),
    ], { transB: 1 });
  return { ...like, value: graph.reshape(flat, planeShape({ ...like, channels })) };
}

/** Adds a layer with self-attention, or with attention to the other branch's tokens. */
function addLayer(network: Network, name: string, x: Tokens, other: Tokens | undefined): Tokens {
  const { graph } = network;
  const width = transformerChannels(network.configuration);
  const query = addLayerNorm(network, `${name}.norm1`, x.value);
  const keys = other === undefined ? query : addLayerNorm(network, `${name}.norm2`, other.value);
  const attention = `${name}.${other === undefined ? "self_attn" : "cross_attn"}`;
  const attended = addAttention(network, attention, { ...x, value: query }, {
    value: keys,
    count: other?.count ?? x.count,
  });
  const projection = scaledLinear(network, `${attention}.out_proj`, `${name}.gamma_1.scale`);
  const norm = `${name}.${other === undefined ? "norm2" : "norm3"}`;
  const product = graph.node("Gemm", [
    attended,
    graph.constant(projection.weight),
    graph.constant(projection.bias),
  ]);
  const sum = graph.node("Add", [x.value, product]);
  const normed = addLayerNorm(network, norm, sum);
  const inner = linear(network, `${name}.linear1`);
  const parameters = [inner.weight, inner.bias].map((one) => graph.constant(one));
  const hidden = graph.target === "device"
    ? graph.node("Gelu", [graph.node("Gemm", [normed, ...parameters])])
    : graph.node(`${MICROSOFT}.BiasGelu`, [
      graph.node("MatMul", [normed, parameters[0]!]),
      parameters[1]!,
    ]);
  const outer = scaledLinear(network, `${name}.linear2`, `${name}.gamma_2.scale`);
  const output = graph.node("Gemm", [hidden, graph.constant(outer.weight), sum]);
  return { ...x, value: addNormOut(network, name, output, outer.bias, x.count, width) };
}

/** Adds a norm over all tokens and channels of a product and of a bias that is not yet added to it. */
function addNormOut(
  { graph, weights }: Network,
  name: string,
  product: Value,
  bias: Tensor<"f32">,
  count: number,
  width: number,
): Value {
  const gain = weights.stored(`${name}.norm_out.weight`);
  const shift = weights.stored(`${name}.norm_out.bias`);
  const biasMean = bias.data.reduce((sum, value) => sum + value, 0) / width;
  const mean = addTokenMean(graph, "ReduceMean", product, count);
  const offset = computed([1, width], (c) => biasMean - bias.data[c]!);
  const centre = graph.node("Add", [mean, graph.constant(offset)]);
  const centred = graph.node("Sub", [product, centre]);
  const squares = addTokenMean(graph, "ReduceSumSquare", centred, count);
  const variance = graph.node("Add", [
    graph.node("Mul", [squares, graph.floats([1 / width])]),
    graph.floats([EPSILON]),
  ]);
  const scale = graph.node("Reciprocal", [graph.node("Sqrt", [variance])]);
  const gains = graph.node("Mul", [scale, graph.constant(tensor("f32", [1, width], gain.data))]);
  return graph.node("Add", [graph.node("Mul", [centred, gains]), graph.constant(shift)]);
}

/** Adds the mean over tokens, in two levels, of a reduction over channels; [1, 1]. */
function addTokenMean(
  graph: Network["graph"],
  reduction: "ReduceMean" | "ReduceSumSquare",
  x: Value,
  count: number,
): Value {
  const perToken = graph.node(reduction, [x, graph.integers([1])], { keepdims: 0 });
  const groups = closestDivisor(count);
  const folded = graph.reshape(perToken, [groups, count / groups]);
  const means = graph.node("ReduceMean", [folded, graph.integers([1])], { keepdims: 1 });
  return graph.node("ReduceMean", [means, graph.integers([0])], { keepdims: 1 });
}

function addLayerNorm({ graph, weights }: Network, name: string, x: Value): Value {
  return graph.node("LayerNormalization", [
    addCentring(graph, x),
    graph.constant(weights.stored(`${name}.weight`)),
    graph.constant(weights.stored(`${name}.bias`)),
  ], { axis: -1, epsilon: { float: EPSILON } });
}

interface Linear {
  readonly weight: Tensor<"f32">;
  readonly bias: Tensor<"f32">;
}

function linear({ weights }: Network, name: string): Linear {
  return {
    weight: transposed(weights.stored(`${name}.weight`)),
    bias: weights.stored(`${name}.bias`),
  };
}

/** Returns a linear layer whose outputs are multiplied by a LayerScale. */
function scaledLinear({ weights }: Network, name: string, scaleName: string): Linear {
  const scale = weights.values(scaleName);
  const weight = weights.stored(`${name}.weight`);
  const bias = weights.stored(`${name}.bias`);
  const inputs = weight.shape[1]!;
  const scaled = computed(weight.shape, (i) => weight.data[i]! * scale[Math.floor(i / inputs)]!);
  return {
    weight: transposed(scaled),
    bias: computed(bias.shape, (i) => bias.data[i]! * scale[i]!),
  };
}

function matrix({ shape, data }: Tensor<"f32">): Tensor<"f32"> {
  return tensor("f32", shape.slice(0, 2), data);
}

/**
 * Returns the embedding of moments: cosines in the first half of the channels, sines in the second.
 *
 * @param length number of positions
 * @param channels width, even
 * @param period longest period, positions
 * @param weight factor of the embedding
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
 * Returns the embedding of positions in a spectrogram: frames in the first half of the channels, frequencies in the second,
 * each with sines at even and cosines at odd channels.
 *
 * @param rows number of frequencies
 * @param frames number of frames
 * @param channels width, a multiple of four
 * @param period longest period, positions
 * @param weight factor of the embedding
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
