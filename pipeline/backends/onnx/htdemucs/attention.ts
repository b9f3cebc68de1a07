/**
 * Attention of the cross-domain transformer.
 *
 * On the CPU it is one operator of ONNX Runtime. On WebGPU that operator is wrong where a subgroup of the GPU has fewer than
 * eight lanes, as SwiftShader's of four: its kernel advances by one subgroup of keys and counts at least eight, so that an
 * output is off by 1e-3 at 2 048 keys and 6e-2 at 30. Devices therefore get standard operators, and the queries in tiles, so
 * that the scores of a tile fit into a buffer: at 2 688 tokens and 8 heads all scores take 231 MB, and WebGPU guarantees
 * 128 MiB.
 *
 * Source: `torch.nn.MultiheadAttention` in `demucs.transformer` (demucs 4.0.1).
 *
 * @module
 */

import { type Tensor, tensor, transposed } from "../../../../core/tensor.ts";
import { transformerChannels } from "../../../../models/htdemucs/configuration.ts";
import { type GraphBuilder, MICROSOFT, type Value } from "../graph.ts";
import { computed, type Network } from "./plane.ts";

/** Tokens [count, channels] f32 in a graph. */
export interface Tokens {
  /** Name of the tensor. */
  readonly value: Value;
  /** Number of tokens. */
  readonly count: number;
}

/** Largest array of scores in a graph for a device, bytes: half of what WebGPU guarantees for a buffer. */
const SCORES_BYTES = 64 * 2 ** 20;

/**
 * Adds an attention, without the projection of its output.
 *
 * @param network graph, weights and sizes
 * @param name module of the attention
 * @param query tokens that look
 * @param keys tokens that are looked at
 * @returns [query tokens, channels] f32
 */
export function addAttention(network: Network, name: string, query: Tokens, keys: Tokens): Value {
  return network.graph.target === "cpu"
    ? addWholeAttention(network, name, query, keys)
    : addTiledAttention(network, name, query, keys);
}

function addWholeAttention(network: Network, name: string, query: Tokens, keys: Tokens): Value {
  const { graph, weights, configuration } = network;
  const width = transformerChannels(configuration);
  const projected = [query, keys, keys].map(({ value, count }, i) => {
    const product = graph.node("MatMul", [value, graph.constant(projection(network, name, i))]);
    return graph.reshape(product, [1, count, width]);
  });
  const attended = graph.node(`${MICROSOFT}.MultiHeadAttention`, [
    ...projected,
    graph.constant(weights.stored(`${name}.in_proj_bias`)),
  ], { num_heads: configuration.tHeads });
  return graph.reshape(attended, [query.count, width]);
}

function addTiledAttention(network: Network, name: string, query: Tokens, keys: Tokens): Value {
  const { graph, weights, configuration } = network;
  const { tHeads: heads } = configuration;
  const width = transformerChannels(configuration);
  const size = width / heads;
  const biases = weights.stored(`${name}.in_proj_bias`).data;
  const project = (
    { value, count }: Tokens,
    part: number,
    factor: number,
    perm: number[],
  ): Value => {
    const { shape, data } = projection(network, name, part);
    const weight = graph.constant(computed(shape, (i) => factor * data[i]!));
    const bias = graph.constant(computed([width], (i) => factor * biases[part * width + i]!));
    const product = graph.node("Gemm", [value, weight, bias]);
    return graph.node("Transpose", [graph.reshape(product, [count, heads, size])], { perm });
  };
  const queries = project(query, 0, 1 / Math.sqrt(size), [1, 0, 2]);
  const columns = project(keys, 1, 1, [1, 2, 0]);
  const values = project(keys, 2, 1, [1, 0, 2]);
  const attended = tilesOf(query.count, heads * keys.count, network.scoresBytes).map(
    ([start, end]) => {
      const tile = end - start === query.count
        ? queries
        : graph.slice(queries, [start], [end], [1]);
      const scores = graph.node("MatMul", [tile, columns]);
      return graph.node("MatMul", [graph.node("Softmax", [scores], { axis: -1 }), values]);
    },
  );
  return graph.reshape(joinTiles(graph, attended), [query.count, width]);
}

/**
 * Splits queries into tiles of about equal length whose scores fit into a buffer.
 *
 * @param queries number of queries
 * @param scores number of scores of a query, f32
 * @param bytes size of the buffer
 * @returns start and end of each tile
 */
export function tilesOf(
  queries: number,
  scores: number,
  bytes: number = SCORES_BYTES,
): [start: number, end: number][] {
  const most = Math.max(1, Math.floor(bytes / (4 * scores)));
  const count = Math.ceil(queries / most);
  const edge = (tile: number): number => Math.floor(tile * queries / count);
  return Array.from({ length: count }, (_, tile) => [edge(tile), edge(tile + 1)]);
}

function joinTiles(graph: GraphBuilder, tiles: readonly Value[]): Value {
  const whole = tiles.length === 1 ? tiles[0]! : graph.node("Concat", tiles, { axis: 1 });
  return graph.node("Transpose", [whole], { perm: [1, 0, 2] });
}

/** Returns the weight of the queries (0), keys (1) or values (2), [inputs, outputs] f32. */
function projection(
  { weights, configuration }: Network,
  name: string,
  part: number,
): Tensor<"f32"> {
  const width = transformerChannels(configuration);
  const { data } = weights.stored(`${name}.in_proj_weight`);
  const own = data.subarray(part * width ** 2, (part + 1) * width ** 2);
  return transposed(tensor("f32", [width, width], own));
}
