/**
 * Layers of the All-In-One graphs.
 *
 * @module
 */

import { type Tensor, tensor, transposed } from "../../../../core/tensor.ts";
import type { Checkpoint } from "../../../../models/all_in_one/parameters.ts";
import { addCentring } from "../centring.ts";
import { DATA_TYPES, type GraphBuilder, type Value } from "../graph.ts";

/** Number of parts that the rows are split into for a perceptron, whose hidden layer is the largest array. */
const PERCEPTRON_PARTS = 4;

/** Adds a parameter of a checkpoint as a weight. */
export function parameter(graph: GraphBuilder, checkpoint: Checkpoint, name: string): Value {
  return graph.weight(values(checkpoint, name));
}

/** Adds a parameter of a checkpoint as a weight in float64. */
export function wideParameter(graph: GraphBuilder, checkpoint: Checkpoint, name: string): Value {
  return graph.weight(widen(values(checkpoint, name)));
}

/** Adds a conversion of the element type. */
export function cast(graph: GraphBuilder, x: Value, to: "f32" | "f64"): Value {
  return graph.node("Cast", [x], { to: DATA_TYPES[to] });
}

/**
 * Adds a layer norm over the last axis.
 *
 * @param graph graph that receives the nodes
 * @param checkpoint weights
 * @param name module of the norm
 * @param x [.., width] in the given precision
 * @param epsilon added to the variance
 * @param precision element type
 * @returns [.., width] in the given precision
 */
export function addLayerNorm(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
  x: Value,
  epsilon: number,
  precision: "f32" | "f64" = "f32",
): Value {
  const add = precision === "f64" ? wideParameter : parameter;
  const parts = ["weight", "bias"].map((part) => add(graph, checkpoint, `${name}.${part}`));
  const centred = addCentring(graph, x);
  return graph.node("LayerNormalization", [centred, ...parts], {
    axis: -1,
    epsilon: { float: epsilon },
    ...(precision === "f64" && { stash_type: DATA_TYPES.f64 }),
  });
}

/** Splits rows [batch · rows, width] by sequence and appends a row of zeros: [batch, rows + 1, width] f32. */
export function addZeroRow(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  x: Value,
  batch: number,
): Value {
  const width = checkpoint.configuration.dimEmbed;
  const zeros = graph.constant(tensor("f32", [batch, 1, width], new Float32Array(batch * width)));
  return graph.node("Concat", [graph.reshape(x, [batch, -1, width]), zeros], { axis: 1 });
}

/**
 * Adds the second half of a layer: norm, hidden layer with exact GELU, output, and the shortcut around them.
 *
 * @param graph graph that receives the nodes
 * @param checkpoint weights
 * @param name module of the layer
 * @param x [rows, joined] f32, input of the norm
 * @param shortcut [rows, width] f32, added to the output
 * @returns [rows, width] f32
 */
export function addPerceptron(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
  x: Value,
  shortcut: Value,
): Value {
  const { layerNormEps } = checkpoint.configuration;
  const normed = addLayerNorm(graph, checkpoint, `${name}.layernorm_after`, x, layerNormEps);
  const parts = graph.nodes("Split", [normed], PERCEPTRON_PARTS, {
    axis: 0,
    num_outputs: PERCEPTRON_PARTS,
  });
  const inward = linearLayer(graph, checkpoint, `${name}.intermediate.dense`);
  const outward = linearLayer(graph, checkpoint, `${name}.output.dense`);
  const outputs = parts.map((part) => outward(graph.node("Gelu", [inward(part)])));
  return graph.node("Add", [shortcut, graph.node("Concat", outputs, { axis: 0 })]);
}

function linearLayer(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
): (x: Value) => Value {
  const weight = graph.weight(transposed(values(checkpoint, `${name}.weight`)));
  const bias = parameter(graph, checkpoint, `${name}.bias`);
  return (x) => graph.node("Gemm", [x, weight, bias]);
}

/**
 * Adds the last norm and the four heads, in float64 from norm to logit.
 *
 * A head sums 96 products of up to ten that cancel to about zero at a downbeat. In float32 this sum alone has an error of
 * 2e-6, more than all layers before it.
 *
 * @param graph graph that receives the nodes
 * @param checkpoint weights
 * @param x [instruments · frames, width] f32
 * @returns `embeddings` [instruments, frames, width] f32 and `logits` [3 + labels, frames] f32
 */
export function addHeads(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  x: Value,
): { readonly embeddings: Value; readonly logits: Value } {
  const { numInstruments, dimEmbed, layerNormEps } = checkpoint.configuration;
  const normed = addLayerNorm(
    graph,
    checkpoint,
    "norm",
    cast(graph, x, "f64"),
    layerNormEps,
    "f64",
  );
  const byInstrument = graph.reshape(normed, [numInstruments, -1, dimEmbed]);
  const byFrame = graph.node("Transpose", [byInstrument], { perm: [1, 0, 2] });
  const names = ["beat", "downbeat", "section", "function"].map((name) =>
    `${name}_classifier.classifier`
  );
  const weights = names.map((name) =>
    graph.weight(widen(transposed(values(checkpoint, `${name}.weight`))))
  );
  const biases = names.map((name) => wideParameter(graph, checkpoint, `${name}.bias`));
  const products = graph.node("MatMul", [
    graph.reshape(byFrame, [-1, numInstruments * dimEmbed]),
    graph.node("Concat", weights, { axis: 1 }),
  ]);
  const byClass = graph.node("Add", [products, graph.node("Concat", biases, { axis: 0 })]);
  const logits = graph.node("Transpose", [cast(graph, byClass, "f32")], { perm: [1, 0] });
  return { embeddings: cast(graph, byInstrument, "f32"), logits };
}

function widen({ shape, data }: Tensor<"f32">): Tensor<"f64"> {
  return tensor("f64", shape, Float64Array.from(data));
}

function values(checkpoint: Checkpoint, name: string): Tensor<"f32"> {
  const found = checkpoint.tensors.get(name);
  if (found === undefined) throw new RangeError(`Checkpoint ${checkpoint.name} has no ${name}`);
  return found;
}
