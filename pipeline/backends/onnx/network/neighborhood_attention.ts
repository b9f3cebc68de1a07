/**
 * The graph of a neighborhood attention over planned blocks.
 *
 * @module
 */

import { type Tensor, tensor } from "../../../../core/tensor.ts";
import type { AttentionBlocks } from "./blocks.ts";
import type { FoldedAttention } from "./folded_attention.ts";
import type { GraphBuilder, Value } from "../graph.ts";

/** The names of a plan's graph inputs. */
const INPUTS = {
  queries: ["i32", 2],
  keys: ["i32", 2],
  results: ["i32", 1],
  kinds: ["i32", 1],
  biases: ["i32", 3],
  queryShape: ["i64", 1],
  biasShape: ["i64", 1],
} as const;

/** Declares the graph inputs that carry an attention's plan. */
export function declarePlan(graph: GraphBuilder, prefix: string): void {
  for (const [name, [dtype, axes]] of Object.entries(INPUTS)) {
    const shape = dtype === "i64"
      ? [name === "queryShape" ? 4 : 3]
      : Array.from({ length: axes }, (_, axis) => `${prefix}.${name}.${axis}`);
    graph.input(`${prefix}.${name}`, dtype, shape);
  }
}

/**
 * Makes what a plan's graph inputs are fed with.
 *
 * @param prefix as given to {@linkcode declarePlan}
 * @param plan the index tables
 * @param batch how many sequences the attention runs over
 * @param folded any fold's weights, for their sizes
 * @returns the tensors by input name
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
 * @param graph where to
 * @param prefix the plan's prefix
 * @param rows [batch, rows + 1, width] f32, normed; the last row of each sequence is zero
 * @param batch number of sequences
 * @param weights the folded weights
 * @returns [batch · rows, width] f32, the attention's output for each row but the zero one
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
  const flat = (value: Value, columns: number): Value =>
    graph.node("Reshape", [value, graph.integers([-1, columns])]);

  const queryRows = flat(graph.node("Gather", [rows, input("queries")], { axis: 1 }), width);
  const projected = graph.node("Gemm", [
    queryRows,
    graph.weight(weights.queryWeight),
    graph.weight(weights.queryBias),
  ]);
  const queries = graph.node("Reshape", [projected, input("queryShape")]);
  const keys = graph.node("Gather", [rows, input("keys")], { axis: 1 });

  const products = graph.node("com.microsoft.FusedMatMul", [queries, keys], { transB: 1 });
  const scores = graph.node("Add", [products, addBiases(graph, input, weights)]);
  const probabilities = graph.node("Softmax", [scores], { axis: -1 });
  const sums = flat(graph.node("MatMul", [probabilities, keys]), heads * width);

  const output = graph.node("Gemm", [
    sums,
    graph.weight(weights.outputWeight),
    graph.weight(weights.outputBias),
  ]);
  const blocked = graph.node("Reshape", [output, graph.integers([batch, -1, width])]);
  return flat(graph.node("Gather", [blocked, input("results")], { axis: 1 }), width);
}

/** The position biases and masks, [blocks, queriesPerBlock · heads, keysPerBlock]. */
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
