/**
 * Neighborhood attention over planned blocks, with weights that are multiplied out beforehand.
 *
 * With head h's query, key and value maps Q, K, V and its part O of the output map, a score (Q x + q)·(K y + k) / √s is
 * (Kᵀ(Q x + q) / √s)·y plus a term that is equal for all keys, which the softmax cancels. The output is
 * Σ O V (Σ p y) + (Σ O v + o), because the probabilities p sum to one. Keys and values therefore need no projection: both
 * are the rows y themselves, and a zero row (upstream's padding) has score and value zero.
 *
 * @module
 */

import { type Tensor, tensor } from "../../../../core/tensor.ts";
import { type Checkpoint, INSTRUMENT_KERNEL } from "../../../../models/all_in_one/parameters.ts";
import type { GraphBuilder, Value } from "../graph.ts";
import { type AttentionBlocks, JOINED_ENTRY } from "./attention_plan.ts";

/** Bias of keys outside the window; its exponential is zero. */
const UNSEEN = -1e9;

/** Weights of an attention as its graph uses them: products in float64, rounded once. */
export interface FoldedAttention {
  /** Number of heads. */
  readonly heads: number;
  /** Channels of a row. */
  readonly width: number;
  /** [width, heads · width] f32, from a row to its queries. */
  readonly queryWeight: Tensor<"f32">;
  /** [heads · width] f32. */
  readonly queryBias: Tensor<"f32">;
  /** [heads · width, width] f32, from the heads' sums of rows to the output. */
  readonly outputWeight: Tensor<"f32">;
  /** [width] f32. */
  readonly outputBias: Tensor<"f32">;
  /** [entries, heads] f32, position biases; the plan of the attention refers to its entries. */
  readonly biasTable: Tensor<"f32">;
}

/**
 * Multiplies out the weights of an attention.
 *
 * @param checkpoint weights
 * @param name module of the attention, such as `encoder.layers.0.timelayer.attention`
 * @returns folded weights; the bias table is that of `planTimeAttention` or `planInstrumentAttention`
 */
export function foldAttention(checkpoint: Checkpoint, name: string): FoldedAttention {
  const { numHeads: heads, dimEmbed: width, numInstruments } = checkpoint.configuration;
  const part = (suffix: string): Float32Array => checkpoint.tensors.get(`${name}.${suffix}`)!.data;
  const [query, queryOffset] = [part("self.query.weight"), part("self.query.bias")];
  const [key, value] = [part("self.key.weight"), part("self.value.weight")];
  const [valueOffset, output] = [part("self.value.bias"), part("output.dense.weight")];
  const size = width / heads;
  const scale = 1 / Math.sqrt(size);
  const queryWeight = new Float32Array(width * heads * width);
  const queryBias = new Float32Array(heads * width);
  const outputWeight = new Float32Array(heads * width * width);
  const outputBias = Float64Array.from(part("output.dense.bias"));
  const channels = Array.from({ length: width }, (_, channel) => channel);
  for (let h = 0; h < heads; h++) {
    const own = channels.slice(h * size, (h + 1) * size);
    for (const to of channels) {
      queryBias[h * width + to] = scale * sum(own, (c) => key[c * width + to]! * queryOffset[c]!);
      outputBias[to]! += sum(own, (c) => output[to * width + c]! * valueOffset[c]!);
      for (const from of channels) {
        queryWeight[from * heads * width + h * width + to] = scale *
          sum(own, (c) => key[c * width + to]! * query[c * width + from]!);
        outputWeight[(h * width + from) * width + to] = sum(
          own,
          (c) => output[to * width + c]! * value[c * width + from]!,
        );
      }
    }
  }
  return {
    heads,
    width,
    queryWeight: tensor("f32", [width, heads * width], queryWeight),
    queryBias: tensor("f32", [heads * width], queryBias),
    outputWeight: tensor("f32", [heads * width, width], outputWeight),
    outputBias: tensor("f32", [width], Float32Array.from(outputBias)),
    biasTable: biasTable(checkpoint.tensors.get(`${name}.self.rpb`)!, numInstruments),
  };
}

function biasTable({ shape, data }: Tensor<"f32">, instruments: number): Tensor<"f32"> {
  const heads = shape[0]!;
  const length = data.length / heads;
  const columns = Array.from({ length: heads }, (_, h) => {
    const own = data.subarray(h * length, (h + 1) * length);
    const joined = shape.length === 3 ? joinedBiases(own, instruments) : [];
    return [...own, ...joined, UNSEEN];
  });
  const entries = columns[0]!.length;
  const table = new Float32Array(entries * heads);
  columns.forEach((column, h) => column.forEach((bias, entry) => table[entry * heads + h] = bias));
  return tensor("f32", [entries, heads], table);
}

/** Returns the biases of the joined zero key for each instrument and each start of the window relative to the query. */
function joinedBiases(biases: Float32Array, instruments: number): number[] {
  const kernel = INSTRUMENT_KERNEL;
  const offsets = 2 * kernel - 1;
  const joined: number[] = [];
  for (let i = 0; i < instruments; i++) {
    for (let start = 0; start < kernel; start++) {
      let total = 0;
      for (let row = instruments; row < kernel; row++) {
        for (let frame = start; frame < start + kernel; frame++) {
          total += Math.exp(biases[(row - i + kernel - 1) * offsets + frame]!);
        }
      }
      joined.push(total === 0 ? UNSEEN : Math.log(total));
    }
  }
  if (joined.length + biases.length !== JOINED_ENTRY + instruments * kernel) {
    throw new RangeError(`Position bias has ${biases.length} entries, expected ${JOINED_ENTRY}`);
  }
  return joined;
}

function sum(indices: readonly number[], term: (index: number) => number): number {
  let total = 0;
  for (const index of indices) total += term(index);
  return total;
}

/** Names, element types and numbers of axes of a plan's graph inputs. */
const INPUTS = {
  queries: ["i32", 2],
  keys: ["i32", 2],
  results: ["i32", 1],
  kinds: ["i32", 1],
  biases: ["i32", 3],
  queryShape: ["i64", 1],
  biasShape: ["i64", 1],
} as const;

/** Declares the graph inputs for the plan of an attention. */
export function declarePlan(graph: GraphBuilder, prefix: string): void {
  for (const [name, [dtype, axes]] of Object.entries(INPUTS)) {
    const shape = dtype === "i64"
      ? [name === "queryShape" ? 4 : 3]
      : Array.from({ length: axes }, (_, axis) => `${prefix}.${name}.${axis}`);
    graph.input(`${prefix}.${name}`, dtype, shape);
  }
}

/**
 * Returns the tensors for the graph inputs of a plan.
 *
 * @param prefix prefix given to {@linkcode declarePlan}
 * @param plan index tables
 * @param batch number of sequences
 * @param sizes number of heads and channels of a row
 * @returns tensors by input name
 */
export function planInputs(
  prefix: string,
  plan: AttentionBlocks,
  batch: number,
  { heads, width }: { readonly heads: number; readonly width: number },
): Record<string, Tensor> {
  const { blocks, queriesPerBlock, keysPerBlock, queries, keys, results, kinds, biases } = plan;
  const kindCount = biases.length / (queriesPerBlock * keysPerBlock);
  const rows = queriesPerBlock * heads;
  return {
    [`${prefix}.queries`]: tensor("i32", [blocks, queriesPerBlock], queries),
    [`${prefix}.keys`]: tensor("i32", [blocks, keysPerBlock], keys),
    [`${prefix}.results`]: tensor("i32", [results.length], results),
    [`${prefix}.kinds`]: tensor("i32", [blocks], kinds),
    [`${prefix}.biases`]: tensor("i32", [kindCount, queriesPerBlock, keysPerBlock], biases),
    [`${prefix}.queryShape`]: integers([batch, blocks, rows, width]),
    [`${prefix}.biasShape`]: integers([kindCount, rows, keysPerBlock]),
  };
}

/**
 * Adds an attention to a graph.
 *
 * @param graph graph that receives the nodes
 * @param prefix prefix of the plan
 * @param rows [batch, rows + 1, width] f32, normed; the last row of each sequence is zero
 * @param batch number of sequences
 * @param weights folded weights
 * @returns [batch · rows, width] f32, output for each row except the zero row
 */
export function addNeighborhoodAttention(
  graph: GraphBuilder,
  prefix: string,
  rows: Value,
  batch: number,
  weights: FoldedAttention,
): Value {
  const { heads, width } = weights;
  const input = (name: keyof typeof INPUTS): Value => `${prefix}.${name}`;
  const flat = (value: Value, columns: number): Value => graph.reshape(value, [-1, columns]);

  const queryRows = flat(graph.node("Gather", [rows, input("queries")], { axis: 1 }), width);
  const projected = graph.node("Gemm", [
    queryRows,
    graph.weight(weights.queryWeight),
    graph.weight(weights.queryBias),
  ]);
  const queries = graph.node("Reshape", [projected, input("queryShape")]);
  const keys = graph.node("Gather", [rows, input("keys")], { axis: 1 });

  const products = graph.target === "device"
    ? graph.node("MatMul", [queries, graph.node("Transpose", [keys], { perm: [0, 1, 3, 2] })])
    : graph.node("com.microsoft.FusedMatMul", [queries, keys], { transB: 1 });
  const scores = graph.node("Add", [products, addBiases(graph, input, weights)]);
  const probabilities = graph.node("Softmax", [scores], { axis: -1 });
  const sums = flat(graph.node("MatMul", [probabilities, keys]), heads * width);

  const output = graph.node("Gemm", [
    sums,
    graph.weight(weights.outputWeight),
    graph.weight(weights.outputBias),
  ]);
  const blocked = graph.reshape(output, [batch, -1, width]);
  return flat(graph.node("Gather", [blocked, input("results")], { axis: 1 }), width);
}

/** Adds the position biases and masks, [blocks, queriesPerBlock · heads, keysPerBlock]. */
function addBiases(
  graph: GraphBuilder,
  input: (name: keyof typeof INPUTS) => Value,
  weights: FoldedAttention,
): Value {
  const table = graph.weight(weights.biasTable);
  const entries = graph.node("Gather", [table, input("biases")], { axis: 0 });
  const headsOuter = graph.node("Transpose", [entries], { perm: [0, 1, 3, 2] });
  const kinds = graph.node("Reshape", [headsOuter, input("biasShape")]);
  return graph.node("Gather", [kinds, input("kinds")], { axis: 0 });
}

function integers(values: readonly number[]): Tensor<"i64"> {
  return tensor("i64", [values.length], BigInt64Array.from(values, BigInt));
}
