/**
 * Convolutions in single precision whose sums have no rounding errors.
 *
 * Input and weights are cut into slices of eight bits: x = x₀ + x₁ + x₂ and w = w₀ + w₁ + w₂, each less exact slice 2⁻⁸ times
 * the one before. The products x₀ w₀ are integers of 16 bits times a power of two, so that a float32 adds up to 256 of them
 * without rounding, in any order. The sum of x₀ w₁ + x₁ w₀ and that of all other products are 2⁸ and 2¹⁶ times smaller, as are
 * their errors. All three sums are channels of one convolution.
 *
 * Source: S. Rump, T. Ogita, S. Oishi, "Accurate floating-point summation" (2008), for the extraction of slices.
 *
 * @module
 */

import { type Tensor, tensor } from "../../../../core/tensor.ts";
import type { GraphBuilder, Value } from "../graph.ts";

/** Bits of a slice. */
const SLICE_BITS = 8;

/** Magnitude of inputs up to which the sums are exact; beyond it they are rounded as in any convolution. */
const LARGEST_INPUT = 16;

/** Parameters of a convolution. */
export interface SlicedConvolution {
  /** [outputs, inputs, …taps] f32. */
  readonly weight: Tensor<"f32">;
  /** [outputs] f32. */
  readonly bias: Tensor<"f32">;
  /** Attributes of the operator. */
  readonly attributes: Readonly<Record<string, readonly number[]>>;
}

/**
 * Adds a convolution over two axes.
 *
 * @param graph graph that receives the nodes
 * @param x [batch, inputs, rows, columns] f32
 * @param convolution parameters
 * @returns [batch, outputs, rows, columns] f32
 */
export function addSlicedConvolution(
  graph: GraphBuilder,
  x: Value,
  { weight, bias, attributes }: SlicedConvolution,
): Value {
  const first = addSlice(graph, x, 2 ** SLICE_BITS / LARGEST_INPUT);
  const rest = graph.node("Sub", [x, first]);
  const second = addSlice(graph, rest, 2 ** (2 * SLICE_BITS) / LARGEST_INPUT);
  const third = graph.node("Sub", [rest, second]);
  const slices = graph.node("Concat", [first, second, third], { axis: 1 });
  const sums = graph.node("Conv", [slices, graph.weight(slicedWeight(weight))], attributes);
  const [largest, middle, smallest] = graph.nodes("Split", [sums], 3, { axis: 1, num_outputs: 3 });
  const offset = graph.weight(tensor("f32", [1, bias.data.length, 1, 1], bias.data));
  const small = graph.node("Add", [smallest!, middle!]);
  return graph.node("Add", [graph.node("Add", [small, largest!]), offset]);
}

/** Rounds down to a multiple of 1 / scale, where the scale is a power of two. */
function addSlice(graph: GraphBuilder, x: Value, scale: number): Value {
  const whole = graph.node("Floor", [graph.node("Mul", [x, graph.floats([scale])])]);
  return graph.node("Mul", [whole, graph.floats([1 / scale])]);
}

/**
 * Returns [3 · outputs, 3 · inputs, …taps] f32: for the largest sums w₀ 0 0, for the middle ones w₁ w₀ 0, and for the
 * smallest all that is missing, w₂ (w₁ + w₂) w.
 */
export function slicedWeight({ shape, data }: Tensor<"f32">): Tensor<"f32"> {
  const [outputs, inputs, ...taps] = shape as [number, number, ...number[]];
  const size = data.length / outputs;
  const [first, second, third] = weightSlices(data);
  const rest = data.map((weight, i) => weight - first[i]!);
  const rows = [[first], [second, first], [third, rest, data]];
  const sliced = new Float32Array(9 * data.length);
  for (const [sum, row] of rows.entries()) {
    for (const [slice, values] of row.entries()) {
      for (let o = 0; o < outputs; o++) {
        const own = values.subarray(o * size, (o + 1) * size);
        sliced.set(own, ((sum * outputs + o) * 3 + slice) * size);
      }
    }
  }
  return tensor("f32", [3 * outputs, 3 * inputs, ...taps], sliced);
}

/** Cuts weights into three slices, the first two of {@linkcode SLICE_BITS} bits. */
function weightSlices(weights: Float32Array): [Float32Array, Float32Array, Float32Array] {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  let step = largest === 0 ? 1 : 2 ** (Math.floor(Math.log2(largest)) + 1 - SLICE_BITS);
  const cut = (values: Float32Array): Float32Array => {
    const slice = values.map((value) => Math.round(value / step) * step);
    step /= 2 ** SLICE_BITS;
    return slice;
  };
  const first = cut(weights);
  const rest = weights.map((weight, i) => weight - first[i]!);
  const second = cut(rest);
  return [first, second, rest.map((value, i) => value - second[i]!)];
}
