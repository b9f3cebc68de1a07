/**
 * Builds the ONNX graphs of an All-In-One network.
 *
 * There are two graphs. The convolutional embedding depends on two frames to either side, so it can run over a long track
 * in chunks. The encoder with its heads needs the whole track at once.
 *
 * Source: `allin1.models.allinone` and `allin1.models.dinat` (allin1 1.1.0).
 *
 * @module
 */

import type { Tensor } from "../../../core/tensor.ts";
import type { Checkpoint } from "../../../models/all_in_one/parameters.ts";
import {
  type AllInOneConfiguration,
  blockDilation,
} from "../../../models/all_in_one/configuration.ts";
import { addConvolutions } from "./network/convolutions.ts";
import {
  addNeighborhoodAttention,
  declarePlan,
  foldAttention,
  planInputs,
} from "./network/attention.ts";
import { GraphBuilder, type GraphTarget, type Value } from "./graph.ts";
import { planInstrumentAttention, planTimeAttention } from "./network/attention_plan.ts";
import { addHeads, addLayerNorm, addPerceptron, addZeroRow } from "./network/layers.ts";

/** A graph and its weights. */
export interface NetworkGraph {
  /** Returns the content of an `.onnx` file, which depends on the configuration only. */
  readonly model: () => Uint8Array;
  /** Arrays for the graph's weight inputs, by name. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** Number of frames to either side that a frame's embedding depends on. */
export const EMBEDDING_REACH_FRAMES = 2;

const INSTRUMENT_PLAN = "instruments";

/**
 * Builds the convolutional embedding.
 *
 * Input `spectrogram` [instruments, frames, bands] f32; output `embedded` [instruments, frames, width] f32. The spectrogram
 * and the input of each convolution are padded with zeros at both ends.
 *
 * @param checkpoint weights of a fold
 * @param target what the graph is for
 * @returns graph, the same for all folds of one configuration, and weights of the fold
 */
export function buildEmbedding(checkpoint: Checkpoint, target?: GraphTarget): NetworkGraph {
  const { numInstruments, dimInput, dimEmbed } = checkpoint.configuration;
  const graph = new GraphBuilder("all_in_one_embedding", target);
  const spectrogram = graph.input("spectrogram", "f32", [numInstruments, "frames", dimInput]);
  const normed = addConvolutions(graph, checkpoint, spectrogram);
  graph.output("embedded", normed, [numInstruments, "frames", dimEmbed]);
  return { model: () => graph.toBytes(), weights: graph.weights };
}

/**
 * Builds the encoder and its heads.
 *
 * Inputs `embedded` [instruments, frames, width] f32 and the tables of {@linkcode encoderPlan}. Outputs f32 `logits`
 * [3 + labels, frames], rows beat, downbeat, section, then the functions; and `embeddings` [instruments, frames, width].
 * A graph for a device ends before the last norm, which needs double precision: its output is `encoded` [instruments,
 * frames, width] f32, the input of `computeHeads()`.
 *
 * @param checkpoint weights of a fold
 * @param target what the graph is for
 * @returns graph, the same for all folds of one configuration, and weights of the fold
 */
export function buildEncoder(checkpoint: Checkpoint, target?: GraphTarget): NetworkGraph {
  const { configuration } = checkpoint;
  const { numInstruments, dimEmbed, depth, numLabels } = configuration;
  const graph = new GraphBuilder("all_in_one_encoder", target);
  const embedded = graph.input("embedded", "f32", [numInstruments, "frames", dimEmbed]);
  for (const name of planNames(configuration)) declarePlan(graph, name);
  let x = graph.reshape(embedded, [-1, dimEmbed]);
  for (let block = 0; block < depth; block++) {
    x = addTimeLayer(graph, checkpoint, block, x);
    x = addInstrumentLayer(graph, checkpoint, block, x);
  }
  const shape = [numInstruments, "frames", dimEmbed];
  if (target === "device") {
    graph.output("encoded", graph.reshape(x, [numInstruments, -1, dimEmbed]), shape);
  } else {
    const { embeddings, logits } = addHeads(graph, checkpoint, x);
    graph.output("embeddings", embeddings, shape);
    graph.output("logits", logits, [3 + numLabels, "frames"]);
  }
  return { model: () => graph.toBytes(), weights: graph.weights };
}

/**
 * Computes the index tables that the encoder of any fold needs for a length of track.
 *
 * @param configuration sizes of the network
 * @param frames number of frames of the track, at least 1
 * @returns tensors by input name; equal tables are the same object
 */
export function encoderPlan(
  configuration: AllInOneConfiguration,
  frames: number,
): Record<string, Tensor> {
  const { depth, kernelSize: kernel, numInstruments, numHeads: heads, dimEmbed: width } =
    configuration;
  const sizes = { heads, width };
  const made = new Map<string, Record<string, Tensor>>();
  const inputs = planInputs(
    INSTRUMENT_PLAN,
    planInstrumentAttention(frames, numInstruments),
    1,
    sizes,
  );
  for (let block = 0; block < depth; block++) {
    const first = blockDilation(configuration, block);
    const paddedFrames = Math.max(frames, 2 * first * kernel);
    [first, 2 * first].forEach((dilation, i) => {
      const key = `${dilation} ${paddedFrames}`;
      const plan = made.get(key) ?? planInputs(
        "",
        planTimeAttention({ frames, paddedFrames, dilation, kernel }),
        numInstruments,
        sizes,
      );
      made.set(key, plan);
      for (const [name, table] of Object.entries(plan)) {
        inputs[`${timePlan(block, i)}${name}`] = table;
      }
    });
  }
  return inputs;
}

function planNames(configuration: AllInOneConfiguration): string[] {
  const blocks = Array.from({ length: configuration.depth }, (_, block) => block);
  return [INSTRUMENT_PLAN, ...blocks.flatMap((block) => [timePlan(block, 0), timePlan(block, 1)])];
}

function timePlan(block: number, attention: number): string {
  return `time${block}_${attention}`;
}

function addTimeLayer(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  block: number,
  x: Value,
): Value {
  const { numInstruments, layerNormEps } = checkpoint.configuration;
  const name = `encoder.layers.${block}.timelayer`;
  const normed = addLayerNorm(graph, checkpoint, `${name}.layernorm_before`, x, layerNormEps);
  const rows = addZeroRow(graph, checkpoint, normed, numInstruments);
  const attended = ["attention", "attention2"].map((attention, i) => {
    const weights = foldAttention(checkpoint, `${name}.${attention}`);
    const output = addNeighborhoodAttention(
      graph,
      timePlan(block, i),
      rows,
      numInstruments,
      weights,
    );
    return graph.node("Add", [x, output]);
  });
  const joined = graph.node("Concat", attended, { axis: -1 });
  const total = graph.node("Add", attended);
  const shortcut = graph.node("Mul", [total, graph.floats([0.5])]);
  return addPerceptron(graph, checkpoint, name, joined, shortcut);
}

function addInstrumentLayer(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  block: number,
  x: Value,
): Value {
  const name = `encoder.layers.${block}.instlayer`;
  const { layerNormEps } = checkpoint.configuration;
  const normed = addLayerNorm(graph, checkpoint, `${name}.layernorm_before`, x, layerNormEps);
  const rows = addZeroRow(graph, checkpoint, normed, 1);
  const weights = foldAttention(checkpoint, `${name}.attention`);
  const output = addNeighborhoodAttention(graph, INSTRUMENT_PLAN, rows, 1, weights);
  const attended = graph.node("Add", [x, output]);
  return addPerceptron(graph, checkpoint, name, attended, attended);
}
