/**
 * Convolutional embedding, on the CPU in float64 from its second convolution on.
 *
 * The layer norm magnifies earlier rounding errors: in float32 the three convolutions lose more accuracy than the eleven
 * blocks after them. ONNX Runtime convolves in float32 only, so the second and third convolution are matrix products over
 * a frame's bands, with the kernel repeated along a band matrix. Other devices have float32 only and convolve.
 *
 * Source: `AllInOneEmbeddings` in `allin1.models.allinone` (allin1 1.1.0).
 *
 * @module
 */

import { type Tensor, tensor } from "../../../../core/tensor.ts";
import type { Checkpoint } from "../../../../models/all_in_one/parameters.ts";
import type { GraphBuilder, Value } from "../graph.ts";
import { addExactElu } from "./exact_elu.ts";
import { addSlicedConvolution } from "./sliced_convolution.ts";
import { addLayerNorm, cast, parameter, wideParameter } from "./layers.ts";

/** Epsilon of the layer norm: torch's default, independent of the configuration. */
const NORM_EPSILON = 1e-5;

/** Number of bands that a pooling joins. */
const POOLED_BANDS = 3;

/**
 * Adds the three convolutions, each pooled and activated, and the layer norm.
 *
 * @param graph graph that receives the nodes
 * @param checkpoint weights
 * @param spectrogram [instruments, frames, bands] f32
 * @returns [instruments, frames, width] f32
 */
export function addConvolutions(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  spectrogram: Value,
): Value {
  const { dimInput, numInstruments, dimEmbed } = checkpoint.configuration;
  const image = graph.node("Unsqueeze", [spectrogram, graph.integers([1])]);
  if (graph.target === "device") return addSingleConvolutions(graph, checkpoint, image);
  const convolved = graph.node("Conv", [
    image,
    parameter(graph, checkpoint, "embeddings.conv0.weight"),
    parameter(graph, checkpoint, "embeddings.conv0.bias"),
  ], { kernel_shape: [3, 3], pads: [1, 0, 1, 0] });
  const pooled = graph.node("MaxPool", [convolved], {
    kernel_shape: [1, POOLED_BANDS],
    strides: [1, POOLED_BANDS],
  });
  const first = elu(graph, cast(graph, pooled, "f64"));
  const frameFirst = graph.node("Transpose", [first], { perm: [0, 2, 1, 3] });

  const bands = Math.floor((dimInput - 2) / POOLED_BANDS);
  const second = bandMatrix(checkpoint, "embeddings.conv1.weight", bands, "channels outermost");
  const rows = graph.reshape(frameFirst, [numInstruments, -1, second.rows]);
  const x = convolve(graph, checkpoint, 1, rows, second);

  const third = bandMatrix(checkpoint, "embeddings.conv2.weight", second.pooled, "bands outermost");
  const margin = graph.node("Pad", [x, graph.integers([0, 1, 0, 0, 1, 0])]);
  const parts = [0, 1, 2].map((tap) =>
    graph.slice(margin, [tap], [tap - 2 === 0 ? Number.MAX_SAFE_INTEGER : tap - 2], [1])
  );
  const embedded = convolve(graph, checkpoint, 2, graph.node("Concat", parts, { axis: 2 }), third);
  const normed = addLayerNorm(graph, checkpoint, "embeddings.norm", embedded, NORM_EPSILON, "f64");
  return cast(graph, graph.reshape(normed, [numInstruments, -1, dimEmbed]), "f32");
}

/**
 * Adds the three convolutions and the layer norm in single precision. The sums of the second and third are exact.
 *
 * @param image [instruments, 1, frames, bands] f32
 */
function addSingleConvolutions(graph: GraphBuilder, checkpoint: Checkpoint, image: Value): Value {
  const { dimEmbed, numInstruments } = checkpoint.configuration;
  const stored = (name: string): Tensor<"f32"> => checkpoint.tensors.get(name)!;
  const embedded = [0, 1, 2].reduce((x, index) => {
    const [weight, bias] = ["weight", "bias"].map((part) =>
      stored(`embeddings.conv${index}.${part}`)
    );
    const kernel = weight!.shape.slice(2);
    const margin = (kernel[0]! - 1) / 2;
    const attributes = { kernel_shape: kernel, pads: [margin, 0, margin, 0] };
    const convolved = index === 0
      ? graph.node("Conv", [x, graph.weight(weight!), graph.weight(bias!)], attributes)
      : addSlicedConvolution(graph, x, { weight: weight!, bias: bias!, attributes });
    const pooled = graph.node("MaxPool", [convolved], {
      kernel_shape: [1, POOLED_BANDS],
      strides: [1, POOLED_BANDS],
    });
    return addExactElu(graph, pooled);
  }, image);
  // One band is left.
  const rows = graph.node("Transpose", [embedded], { perm: [0, 2, 3, 1] });
  const normed = addLayerNorm(graph, checkpoint, "embeddings.norm", rows, NORM_EPSILON);
  return graph.reshape(normed, [numInstruments, -1, dimEmbed]);
}

/** Multiplies, pools and activates: [instruments, frames, rows] to [instruments, frames, pooled · width], f64. */
function convolve(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  index: number,
  x: Value,
  matrix: BandMatrix,
): Value {
  const { numInstruments, dimEmbed } = checkpoint.configuration;
  const products = graph.node("MatMul", [x, graph.weight(matrix.values)]);
  const grouped = graph.reshape(products, [
    numInstruments,
    -1,
    matrix.pooled,
    POOLED_BANDS,
    dimEmbed,
  ]);
  const pooled = graph.node("ReduceMax", [grouped, graph.integers([3])], { keepdims: 0 });
  const bias = wideParameter(graph, checkpoint, `embeddings.conv${index}.bias`);
  const active = elu(graph, graph.node("Add", [pooled, bias]));
  return graph.reshape(active, [numInstruments, -1, matrix.pooled * dimEmbed]);
}

/** Adds an ELU in f64: x if positive, otherwise eˣ - 1; ONNX Runtime's own `Elu` supports float32 only. */
function elu(graph: GraphBuilder, x: Value): Value {
  const wide = (value: number): Value => graph.constant(tensor("f64", [1], Float64Array.of(value)));
  const negative = graph.node("Exp", [graph.node("Min", [x, wide(0)])]);
  return graph.node("Add", [graph.node("Relu", [x]), graph.node("Sub", [negative, wide(1)])]);
}

interface BandMatrix {
  /** [rows, pooled · 3 · width] f64; outputs by band, then channel. */
  readonly values: Tensor<"f64">;
  readonly rows: number;
  /** Bands after the pooling. */
  readonly pooled: number;
}

/** Repeats a kernel [out, in, taps, width] along a frame's bands; rows are tap by tap. */
function bandMatrix(
  checkpoint: Checkpoint,
  name: string,
  bands: number,
  order: "channels outermost" | "bands outermost",
): BandMatrix {
  const { shape, data } = checkpoint.tensors.get(name)!;
  const [outputs, inputs, taps, width] = shape as [number, number, number, number];
  const pooled = Math.floor((bands - width + 1) / POOLED_BANDS);
  const rows = taps * bands * inputs;
  const columns = pooled * POOLED_BANDS * outputs;
  const values = new Float64Array(rows * columns);
  let from = 0;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++) {
        for (let w = 0; w < width; w++, from++) {
          for (let band = 0; band < pooled * POOLED_BANDS; band++) {
            const at = order === "channels outermost"
              ? i * bands + band + w
              : (band + w) * inputs + i;
            values[(tap * bands * inputs + at) * columns + band * outputs + o] = data[from]!;
          }
        }
      }
    }
  }
  return { values: tensor("f64", [rows, columns], values), rows, pooled };
}
