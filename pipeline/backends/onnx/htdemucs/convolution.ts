/**
 * Convolutions, and the activations that follow them, in both precisions.
 *
 * ONNX Runtime convolves in single precision only, so in double precision a convolution is a matrix product. The shifts of
 * its taps apply to the smaller of its input and output.
 *
 * @module
 */

import { elementCount, tensor } from "../../../../core/tensor.ts";
import { KERNEL, STRIDE } from "../../../../models/htdemucs/configuration.ts";
import type { GraphBuilder, Value } from "../graph.ts";
import {
  alongFirst,
  alongLength,
  computed,
  type HtdemucsWeights,
  inPrecision,
  padFirst,
  type Plane,
  planeShape,
  type Precision,
} from "./plane.ts";

type Values = Float32Array | Float64Array;

/** Parameters of a convolution. */
export interface Convolution {
  /** [outputs, inputs, …taps], C order. */
  readonly weight: Values;
  /** [outputs]; `null` for none. */
  readonly bias: Values | null;
  /** Number of outputs. */
  readonly outputs: number;
}

/** Number of samples by which a strided convolution starts before its input. */
export const CROP = KERNEL / 4;

/** Returns the parameters of a convolution by upstream's name. */
export function storedConvolution(weights: HtdemucsWeights, name: string): Convolution {
  const { data: weight } = weights.stored(`${name}.weight`);
  const { data: bias } = weights.stored(`${name}.bias`);
  return { weight, bias, outputs: bias.length };
}

/** Returns the half of a convolution's outputs that starts with the given one. */
export function halfConvolution(
  { weight, bias, outputs }: Convolution,
  first: number,
): Convolution {
  const half = outputs / 2;
  const size = weight.length / outputs;
  return {
    weight: weight.subarray(first * size, (first + half) * size),
    bias: bias?.subarray(first, first + half) ?? null,
    outputs: half,
  };
}

/**
 * Adds a convolution that keeps the shape of its input.
 *
 * @param graph graph that receives the nodes
 * @param x input; in double precision only of the wave
 * @param convolution parameters
 * @param kernel number of taps along each axis, odd
 * @param dilation distance of taps along the last axis; in double precision only with 1 or 3 taps
 * @returns output
 */
export function addConvolution(
  graph: GraphBuilder,
  x: Plane,
  convolution: Convolution,
  kernel: readonly number[],
  dilation = 1,
): Plane {
  const { outputs: channels } = convolution;
  if (x.precision === "f64") {
    return elementCount(kernel) === 1
      ? multiply(graph, x, convolution.weight, convolution.bias, channels)
      : addShiftedProducts(graph, x, convolution, dilation);
  }
  const dilations = alongLength(x, dilation);
  const pads = kernel.map((taps, axis) => dilations[axis]! * (taps - 1) / 2);
  const attributes = { kernel_shape: kernel, dilations, pads: [...pads, ...pads] };
  return { ...x, channels, value: convolve(graph, x, convolution, attributes) };
}

/**
 * Adds the convolution of an encoder, with {@linkcode KERNEL} taps and stride {@linkcode STRIDE}.
 *
 * @param graph graph that receives the nodes
 * @param x input; in double precision only of the wave
 * @param convolution parameters
 * @returns output with a quarter of the rows or of the length, rounded up
 */
export function addStridedConvolution(
  graph: GraphBuilder,
  x: Plane,
  convolution: Convolution,
): Plane {
  const { outputs: channels } = convolution;
  const along = x.rows ?? x.length;
  const shortened = Math.ceil(along / STRIDE);
  const sizes = x.rows === null ? { length: shortened } : { rows: shortened };
  const y = { ...x, ...sizes, channels };
  if (x.precision === "f64") return addStridedProducts(graph, x, convolution, y);
  const value = convolve(graph, x, convolution, {
    kernel_shape: alongFirst(x, KERNEL),
    strides: alongFirst(x, STRIDE),
    pads: padFirst(x, CROP, CROP + STRIDE * shortened - along),
  });
  return { ...y, value };
}

/**
 * Adds the exact GELU, x · (1 + erf(x / √2)) / 2. ONNX Runtime has Erf in single precision only; in double precision only
 * Erf is rounded, so that a large input keeps its precision.
 */
export function addGelu(graph: GraphBuilder, x: Plane): Plane {
  if (x.precision === "f32") return { ...x, value: graph.node("Gelu", [x.value]) };
  const scalar = (value: number, precision: Precision): Value =>
    graph.constant(computed([], () => value, precision));
  const single = inPrecision(graph, x, "f32");
  const argument = graph.node("Mul", [single.value, scalar(Math.SQRT1_2, "f32")]);
  const erf = inPrecision(graph, { ...single, value: graph.node("Erf", [argument]) }, "f64");
  const half = graph.node("Mul", [x.value, scalar(0.5, "f64")]);
  const odd = graph.node("Mul", [half, erf.value]);
  return { ...x, value: graph.node("Add", [half, odd]) };
}

/**
 * Adds a GLU of two convolutions, so that no output needs to be split. The gate is always in single precision: double
 * precision would take a tenth of the network's time without a measurable gain.
 *
 * @param graph graph that receives the nodes
 * @param x input
 * @param value convolution of the values
 * @param gate convolution of the gate, which a sigmoid follows
 * @param kernel number of taps along each axis
 * @returns output
 */
export function addGate(
  graph: GraphBuilder,
  x: Plane,
  value: Convolution,
  gate: Convolution,
  kernel: readonly number[],
): Plane {
  const a = addConvolution(graph, x, value, kernel);
  const b = addConvolution(graph, inPrecision(graph, x, "f32"), gate, kernel);
  const sigmoid = { ...b, value: graph.node("Sigmoid", [b.value]) };
  const factors = [a.value, inPrecision(graph, sigmoid, x.precision).value];
  return { ...a, value: graph.node("Mul", factors) };
}

function convolve(
  graph: GraphBuilder,
  x: Plane,
  { weight, bias, outputs }: Convolution,
  attributes: Readonly<Record<string, readonly number[]>> & {
    readonly kernel_shape: readonly number[];
  },
): Value {
  const shape = [outputs, x.channels, ...attributes.kernel_shape];
  const parameters = [
    tensor("f32", shape, single(weight)),
    ...(bias === null ? [] : [tensor("f32", [outputs], single(bias))]),
  ];
  return graph.node("Conv", [x.value, ...parameters.map((t) => graph.constant(t))], attributes);
}

function single(values: Values): Float32Array {
  return values instanceof Float32Array ? values : new Float32Array(values);
}

/** Adds the product of a matrix [rows, channels] and a wave, with a bias per row. */
function multiply(
  graph: GraphBuilder,
  x: Plane,
  matrix: Values,
  bias: Values | null,
  rows: number,
): Plane {
  const product = graph.node("Gemm", [
    graph.constant(tensor("f64", [rows, x.channels], new Float64Array(matrix))),
    graph.reshape(x.value, [x.channels, x.length]),
    ...(bias === null ? [] : [graph.constant(tensor("f64", [rows, 1], new Float64Array(bias)))]),
  ]);
  const y = { ...x, channels: rows };
  return { ...y, value: graph.reshape(product, planeShape(y)) };
}

/** Adds a convolution of three taps: one product for all taps, whose parts are shifted and added. */
function addShiftedProducts(
  graph: GraphBuilder,
  x: Plane,
  { weight, bias, outputs }: Convolution,
  dilation: number,
): Plane {
  const taps = [0, 1, 2];
  const matrix = new Float64Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < x.channels; i++) {
      for (const tap of taps) {
        matrix[(tap * outputs + o) * x.channels + i] = weight[(o * x.channels + i) * 3 + tap]!;
      }
    }
  }
  const middle = new Float64Array(3 * outputs);
  if (bias !== null) middle.set(bias, outputs);
  const products = padLength(graph, multiply(graph, x, matrix, middle, 3 * outputs), [
    dilation,
    dilation,
  ]);
  const parts = taps.map((tap) =>
    sliceWave(graph, products, tap * outputs, outputs, tap * dilation, x.length)
  );
  const sum = graph.node("Add", [graph.node("Add", [parts[0]!, parts[1]!]), parts[2]!]);
  return { ...x, channels: outputs, value: sum };
}

/** Adds a strided convolution: the input as four phases, and one product for both halves of the taps, which are added. */
function addStridedProducts(
  graph: GraphBuilder,
  x: Plane,
  { weight, bias, outputs }: Convolution,
  y: Plane,
): Plane {
  const blocks = y.length + 1;
  const padded = padLength(graph, x, [CROP, STRIDE * blocks - CROP - x.length]);
  const split = graph.reshape(padded.value, [x.channels, blocks, STRIDE]);
  const phases = graph.node("Transpose", [split], { perm: [0, 2, 1] });
  const columns = STRIDE * x.channels;
  const matrix = computed([2 * outputs, columns], (at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const [half, output] = [Math.floor(row / outputs), row % outputs];
    const [input, phase] = [Math.floor(column / STRIDE), column % STRIDE];
    return weight[(output * x.channels + input) * KERNEL + half * STRIDE + phase]!;
  }, "f64");
  const biases = new Float64Array(2 * outputs);
  if (bias !== null) biases.set(bias);
  const input = { ...x, value: phases, channels: columns, length: blocks };
  const products = multiply(graph, input, matrix.data, biases, 2 * outputs);
  const parts = [0, 1].map((half) =>
    sliceWave(graph, products, half * outputs, outputs, half, y.length)
  );
  return { ...y, value: graph.node("Add", parts) };
}

function padLength(
  graph: GraphBuilder,
  x: Plane,
  [before, after]: readonly [before: number, after: number],
): Plane {
  const zero = graph.constant(computed([], () => 0, x.precision));
  const pads = graph.integers([0, 0, before, 0, 0, after]);
  return {
    ...x,
    length: before + x.length + after,
    value: graph.node("Pad", [x.value, pads, zero]),
  };
}

function sliceWave(
  graph: GraphBuilder,
  { value }: Plane,
  channel: number,
  channels: number,
  start: number,
  length: number,
): Value {
  return graph.slice(value, [channel, start], [channel + channels, start + length], [1, 2]);
}
