/**
 * Means over long axes.
 *
 * ONNX Runtime sums a long axis in float32, which loses three digits at 10^5 elements. Such an axis is therefore averaged
 * in two levels of about equal length.
 *
 * @module
 */

import type { GraphBuilder, Value } from "../graph.ts";
import { computed, type Plane } from "./plane.ts";

/** Length of the longest axis that is averaged at a time, elements. */
const LONGEST = 1024;

/** A sum, and the factor that makes it a mean. */
export interface ScaledMean {
  /** Sum [1, channels, rows]; the wave has one row. */
  readonly value: Value;
  /** Length of the second axis. */
  readonly channels: number;
  /** Factor that makes `value` a mean. */
  readonly factor: number;
}

/**
 * Adds the mean of each channel of each row, or of its square.
 *
 * @param graph graph that receives the nodes
 * @param x input
 * @param squared whether the input is squared first
 * @returns mean over the last axis, up to a factor
 */
export function lengthMean(graph: GraphBuilder, x: Plane, squared: boolean): ScaledMean {
  const { channels, length } = x;
  const rows = x.rows ?? 1;
  const reduce = (value: Value, axis: number): Value =>
    graph.node(squared ? "ReduceSumSquare" : "ReduceSum", [value, graph.integers([axis])], {
      keepdims: 0,
    });
  if (length <= LONGEST) {
    const axis = x.rows === null ? 2 : 3;
    const value = reduce(x.value, axis);
    return {
      value: x.rows === null ? unsqueeze(graph, value, 2) : value,
      channels,
      factor: 1 / length,
    };
  }
  const runs = closestDivisor(length);
  const run = runs === 1 ? Math.ceil(Math.sqrt(length)) : length / runs;
  const count = Math.ceil(length / run);
  const missing = count * run - length;
  const filled = missing === 0 ? x.value : fill(graph, x, missing);
  const folded = graph.reshape(filled, [1, channels, rows * count, run]);
  const sums = graph.reshape(reduce(folded, 3), [1, channels, rows, count]);
  const value = graph.node("ReduceSum", [sums, graph.integers([3])], { keepdims: 0 });
  return { value, channels, factor: 1 / length };
}

/**
 * Adds linear combinations of the channels of a mean.
 *
 * @param graph graph that receives the nodes
 * @param mean input
 * @param outputs number of combinations
 * @param weight returns the weight of an input in an output
 * @param bias returns the bias of an output; null for none
 * @param like plane that the result is broadcast over
 * @returns [1, outputs, rows, 1], or [1, outputs, 1] for the wave
 */
export function combine(
  graph: GraphBuilder,
  { value, channels, factor }: ScaledMean,
  outputs: number,
  weight: (output: number, input: number) => number,
  bias: ((output: number) => number) | null,
  like: Plane,
): Value {
  const weights = computed(
    [outputs, channels],
    (i) => factor * weight(Math.floor(i / channels), i % channels),
    like.precision,
  );
  const product = graph.node("MatMul", [graph.constant(weights), value]);
  const sum = bias === null
    ? product
    : graph.node("Add", [product, graph.constant(computed([1, outputs, 1], bias, like.precision))]);
  return like.rows === null ? sum : unsqueeze(graph, sum, 3);
}

function unsqueeze(graph: GraphBuilder, x: Value, axis: number): Value {
  return graph.node("Unsqueeze", [x, graph.integers([axis])]);
}

function fill(graph: GraphBuilder, { value, rows, precision }: Plane, missing: number): Value {
  const axes = rows === null ? 3 : 4;
  const pads = Array.from({ length: 2 * axes }, (_, i) => i === 2 * axes - 1 ? missing : 0);
  const zero = graph.constant(computed([], () => 0, precision));
  return graph.node("Pad", [value, graph.integers(pads), zero]);
}

/** Returns the largest divisor up to the square root, or 1 if its cofactor exceeds the longest axis. */
export function closestDivisor(count: number): number {
  let divisor = Math.floor(Math.sqrt(count));
  while (count % divisor !== 0) divisor--;
  return count / divisor <= LONGEST ? divisor : 1;
}
