/**
 * Means over long axes.
 *
 * ONNX Runtime adds a long axis up in plain float32, which costs three digits at 10^5 elements; so such an axis is averaged
 * in two levels of about equal length.
 *
 * @module
 */

import type { GraphBuilder, Value } from "../graph.ts";
import type { Plane } from "./plane.ts";
import { computed } from "./weights.ts";

/** The longest axis, elements, that is averaged in one go. */
const LONGEST = 1024;

/** A value that is a mean once it is multiplied by a factor. */
export interface ScaledMean {
  /** [1, channels, rows], where the wave has one row. */
  readonly value: Value;
  /** Length of the second axis. */
  readonly channels: number;
  /** What `value` is to be multiplied by. */
  readonly factor: number;
}

/**
 * Averages each channel of each row, or its square.
 *
 * @param graph where the nodes go
 * @param x what to average
 * @param squared whether to square first
 * @returns the mean over the last axis, up to a factor
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
  const folded = graph.node("Reshape", [filled, graph.integers([1, channels, rows * count, run])]);
  const sums = graph.node("Reshape", [
    reduce(folded, 3),
    graph.integers([1, channels, rows, count]),
  ]);
  const value = graph.node("ReduceSum", [sums, graph.integers([3])], { keepdims: 0 });
  return { value, channels, factor: 1 / length };
}

/**
 * Combines the channels of a mean linearly.
 *
 * @param graph where the nodes go
 * @param mean what to combine
 * @param outputs number of combinations
 * @param weight of an input in an output
 * @param bias of an output
 * @param like what the result is to be broadcast over
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

/** The divisor closest to the square root from below, if neither it nor its partner is too long, else 1. */
export function closestDivisor(count: number): number {
  let divisor = Math.floor(Math.sqrt(count));
  while (count % divisor !== 0) divisor--;
  return count / divisor <= LONGEST ? divisor : 1;
}
