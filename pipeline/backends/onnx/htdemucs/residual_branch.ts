/**
 * Residual branches of the encoders and decoders.
 *
 * A layer of a branch is x + scale · GLU(norm2(W · GELU(norm1(conv(x))) + b)), where both norms are over a row's channels
 * and positions together. The wide product before norm2 is never computed for the norm: its mean and variance follow from the
 * few hidden channels g. With [V, c] = [W, b] less its mean over the output channels and QᵀQ = [V, c]ᵀ[V, c] / outputs (Cholesky), the
 * variance is the mean over positions of |Q [g, 1]|² plus the variance of the channels' mean. Norm2, its gains and the
 * LayerScale therefore become part of the second product's weights, with two more hidden channels of value 1: one is scaled
 * by 1/σ for b, the other by −μ/σ.
 *
 * Source: `demucs.demucs.DConv` (demucs 4.0.1).
 *
 * @module
 */

import { DCONV_KERNEL } from "../../../../models/htdemucs/parameters.ts";
import type { GraphBuilder, Value } from "../graph.ts";
import { addConvolution, addGate, addGelu, type Convolution } from "./convolution.ts";
import { alongLength, computed, type HtdemucsWeights, type Network, type Plane } from "./plane.ts";
import { combine, lengthMean } from "./statistics.ts";

const EPSILON = 1e-5;

/** Argument at which GELU is 1. */
const ONE_BEFORE_GELU = 1.1444507183528787;

/**
 * Adds a residual branch.
 *
 * @param network graph, weights and sizes
 * @param name name of the branch, such as `encoder.0.dconv`
 * @param x input
 * @returns output, of the input's shape
 */
export function addResidualBranch(network: Network, name: string, x: Plane): Plane {
  let plane = x;
  for (let i = 0; i < network.configuration.dconvDepth; i++) {
    plane = { ...x, value: addLayer(network, `${name}.layers.${i}`, 2 ** i, plane) };
  }
  return plane;
}

function addLayer(
  { graph, weights }: Network,
  name: string,
  dilation: number,
  x: Plane,
): Value {
  const fold = foldLayer(weights, name);
  const hidden = addConvolution(
    graph,
    x,
    fold.inner,
    alongLength(x, DCONV_KERNEL),
    dilation,
  );
  const g = addFirstNorm(graph, fold, hidden);
  const scaled = { ...g, value: graph.node("Mul", [g.value, addSecondScales(graph, fold, g)]) };
  const gated = addGate(graph, scaled, fold.outer, fold.gate, alongLength(x, 1));
  return graph.node("Add", [x.value, gated.value]);
}

function addFirstNorm(graph: GraphBuilder, fold: FoldedLayer, x: Plane): Plane {
  const { hidden } = fold;
  const own = (_: number, i: number): number => i < hidden ? 1 / hidden : 0;
  const mean = combine(graph, lengthMean(graph, x, false), 1, own, null, x);
  const centred = graph.node("Sub", [x.value, mean]);
  const squares = lengthMean(graph, { ...x, value: centred }, true);
  const variance = combine(graph, squares, 1, own, () => EPSILON, x);
  const shape = [1, x.channels, ...alongLength(x, 1)];
  const channelwise = (values: Float64Array): Value =>
    graph.constant(computed(shape, (i) => values[i]!, x.precision));
  const gains = graph.node("Mul", [inverseRoot(graph, variance), channelwise(fold.gains)]);
  const normed = graph.node("Mul", [centred, gains]);
  const shifted = graph.node("Add", [normed, channelwise(fold.shifts)]);
  return addGelu(graph, { ...x, value: shifted });
}

/** Adds the factor of each hidden channel before the second product, one value for each row. */
function addSecondScales(graph: GraphBuilder, fold: FoldedLayer, g: Plane): Value {
  const { hidden } = fold;
  const last = hidden + 1;
  const roots = addConvolution(graph, g, fold.roots, alongLength(g, 1));
  const means = lengthMean(graph, roots, false);
  const pick = (o: number, i: number): number => o === last && i === last ? 1 : 0;
  const mean = combine(graph, means, roots.channels, pick, null, g);
  const centred = { ...roots, value: graph.node("Sub", [roots.value, mean]) };
  const squares = lengthMean(graph, centred, true);
  const variance = combine(graph, squares, 1, () => 1, () => EPSILON, g);
  const ones = (o: number): number => o <= hidden ? 1 : 0;
  const onesAndMean = combine(graph, means, g.channels, (o, i) => -pick(o, i), ones, g);
  return graph.node("Mul", [onesAndMean, inverseRoot(graph, variance)]);
}

function inverseRoot(graph: GraphBuilder, x: Value): Value {
  return graph.node("Reciprocal", [graph.node("Sqrt", [x])]);
}

/** Parameters of a layer with two more hidden channels, and with norm2 and LayerScale folded into them. */
interface FoldedLayer {
  /** Number of hidden channels, without the two added ones. */
  readonly hidden: number;
  /** First convolution. */
  readonly inner: Convolution;
  /** Gains of the first norm, [hidden + 2]; zero for the two added channels. */
  readonly gains: Float64Array;
  /** Shifts of the first norm, [hidden + 2]; those of the two added channels become 1 in the GELU. */
  readonly shifts: Float64Array;
  /** Rows of Q, then the row of the mean over the outputs. */
  readonly roots: Convolution;
  /** Half of the second convolution with the values. */
  readonly outer: Convolution;
  /** Half of the second convolution with the gate. */
  readonly gate: Convolution;
}

function foldLayer(weights: HtdemucsWeights, name: string): FoldedLayer {
  const inner = weights.get(`${name}.0.weight`);
  const [hidden, width] = inner.shape as [number, number];
  const outer = weights.values(`${name}.3.weight`);
  const outerBias = weights.values(`${name}.3.bias`);
  const outerGains = weights.values(`${name}.4.weight`);
  const outerShifts = weights.values(`${name}.4.bias`);
  const layerScale = weights.values(`${name}.6.scale`);
  const channels = hidden + 2;
  const column = (output: number, i: number): number => {
    if (i < hidden) return outer[output * hidden + i]!;
    return i === hidden ? outerBias[output]! : 1;
  };
  const half = (first: number, scale: (c: number) => number): Convolution => ({
    weight: computed([width, channels], (at) => {
      const c = Math.floor(at / channels);
      return scale(c) * outerGains[first + c]! * column(first + c, at % channels);
    }, "f64").data,
    bias: computed([width], (c) => scale(c) * outerShifts[first + c]!, "f64").data,
    outputs: width,
  });
  return {
    hidden,
    inner: {
      weight: extended(inner.values, channels * width * DCONV_KERNEL, 0),
      bias: extended(weights.values(`${name}.0.bias`), channels, 0),
      outputs: channels,
    },
    gains: extended(weights.values(`${name}.1.weight`), channels, 0),
    shifts: extended(weights.values(`${name}.1.bias`), channels, ONE_BEFORE_GELU),
    roots: varianceRoots(hidden, 2 * width, column),
    outer: half(0, (c) => layerScale[c]!),
    gate: half(width, () => 1),
  };
}

function extended(values: Float64Array, length: number, by: number): Float64Array {
  const longer = new Float64Array(length).fill(by);
  longer.set(values);
  return longer;
}

function varianceRoots(
  hidden: number,
  outputs: number,
  column: (output: number, i: number) => number,
): Convolution {
  const inputs = hidden + 1;
  const means = Float64Array.from({ length: inputs }, (_, i) => {
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += column(o, i);
    return sum / outputs;
  });
  const products = new Float64Array(inputs * inputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      const scaled = (column(o, i) - means[i]!) / outputs;
      for (let j = 0; j <= i; j++) {
        products[i * inputs + j]! += scaled * (column(o, j) - means[j]!);
      }
    }
  }
  const lower = cholesky(products, inputs);
  const channels = hidden + 2;
  const { data: weight } = computed([channels, channels], (at) => {
    const [row, i] = [Math.floor(at / channels), at % channels];
    if (i >= inputs) return 0;
    return row < inputs ? lower[i * inputs + row]! : means[i]!;
  }, "f64");
  return { weight, bias: null, outputs: channels };
}

/**
 * Decomposes a symmetric, positive semi-definite matrix.
 *
 * @param matrix [size, size], of which the lower triangle is read
 * @param size number of rows
 * @returns L, lower triangular, with L Lᵀ = matrix; the column of a pivot that vanishes is zero
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const dot = (row: number): number => {
      let sum = 0;
      for (let k = 0; k < column; k++) sum += lower[row * size + k]! * lower[column * size + k]!;
      return sum;
    };
    const diagonal = matrix[column * size + column]!;
    const pivot = diagonal - dot(column);
    if (!(pivot > 1e-14 * diagonal)) continue;
    const root = Math.sqrt(pivot);
    lower[column * size + column] = root;
    for (let row = column + 1; row < size; row++) {
      lower[row * size + column] = (matrix[row * size + column]! - dot(row)) / root;
    }
  }
  return lower;
}
