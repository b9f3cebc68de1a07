/**
 * A network's weights, wherever they came from.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { checkParameters, type ParameterShape } from "../parameters.ts";
import type { AllInOneConfiguration } from "./configuration.ts";

/** The configuration and the weights of one fold of All-In-One. */
export interface Checkpoint {
  /** The fold's registered name, such as `harmonix-fold3`. */
  readonly name: string;
  /** Sizes and thresholds. */
  readonly configuration: AllInOneConfiguration;
  /** The parameters by upstream's names, f32, in torch's own layout ([out, in, height, width] for convolutions). */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /** SHA-256, in hexadecimal, of the weights file, or of all values in order where there is no file. */
  readonly sha256: string;
}

/** Rows and columns of the instrument attention's window; upstream does not make it configurable. */
export const INSTRUMENT_KERNEL = 5;

/** The stages of the convolutional embedding: kernel [frames, bands]. */
export const EMBEDDING_KERNELS = [[3, 3], [1, 12], [3, 3]] as const;

/**
 * Lists the parameters of a network.
 *
 * @param configuration sizes of the network
 * @returns names and shapes in the order of upstream's `state_dict` (491 for the published configuration, 300 631 values)
 */
export function allInOneParameters(configuration: AllInOneConfiguration): ParameterShape[] {
  const { dimEmbed: width, depth, numInstruments, numLabels } = configuration;
  const heads = { beat: 1, downbeat: 1, section: 1, function: numLabels };
  return [
    ...embedding(width),
    ...Array.from({ length: depth }, (_, block) => [
      ...layer(`encoder.layers.${block}.timelayer`, configuration, timeAttentions(configuration)),
      ...layer(`encoder.layers.${block}.instlayer`, configuration, instrumentAttention()),
    ]).flat(),
    ...norm("norm", width),
    ...Object.entries(heads).flatMap(([name, classes]) =>
      linear(`${name}_classifier.classifier`, width * numInstruments, classes)
    ),
  ];
}

/**
 * Compares a checkpoint's tensors with what its configuration calls for.
 *
 * @param configuration sizes of the network
 * @param tensors the checkpoint's tensors by name
 * @param origin what to call the checkpoint in the error
 * @throws {ModelError} `parameters`, naming every missing, unexpected and misshapen tensor
 */
export function validateParameters(
  configuration: AllInOneConfiguration,
  tensors: ReadonlyMap<string, Tensor>,
  origin: string,
): void {
  const complaint = `${origin} does not hold the network that its configuration describes`;
  checkParameters(allInOneParameters(configuration), tensors, complaint);
}

function embedding(width: number): ParameterShape[] {
  const channels = [1, Math.floor(width / 2), width, width];
  const convolutions = EMBEDDING_KERNELS.flatMap((kernel, i) => [
    { name: `embeddings.conv${i}.weight`, shape: [channels[i + 1]!, channels[i]!, ...kernel] },
    { name: `embeddings.conv${i}.bias`, shape: [channels[i + 1]!] },
  ]);
  return [...convolutions, ...norm("embeddings.norm", width)];
}

/** The attentions of a layer: each one's name and the shape of its position bias per head. */
type Attentions = Readonly<Record<string, readonly number[]>>;

function timeAttentions(configuration: AllInOneConfiguration): Attentions {
  const offsets = 2 * configuration.kernelSize - 1;
  return { attention: [offsets], attention2: [offsets] };
}

function instrumentAttention(): Attentions {
  const offsets = 2 * INSTRUMENT_KERNEL - 1;
  return { attention: [offsets, offsets] };
}

function layer(
  name: string,
  configuration: AllInOneConfiguration,
  attentions: Attentions,
): ParameterShape[] {
  const { dimEmbed: width, mlpRatio, numHeads } = configuration;
  const joined = width * Object.keys(attentions).length;
  const hidden = Math.trunc(joined * mlpRatio);
  return [
    ...norm(`${name}.layernorm_before`, width),
    ...norm(`${name}.layernorm_after`, joined),
    ...linear(`${name}.intermediate.dense`, joined, hidden),
    ...linear(`${name}.output.dense`, hidden, width),
    ...Object.entries(attentions).flatMap(([attention, offsets]) => [
      ...linear(`${name}.${attention}.output.dense`, width, width),
      { name: `${name}.${attention}.self.rpb`, shape: [numHeads, ...offsets] },
      ...["query", "key", "value"].flatMap((part) =>
        linear(`${name}.${attention}.self.${part}`, width, width)
      ),
    ]),
  ];
}

function norm(name: string, width: number): ParameterShape[] {
  return [{ name: `${name}.weight`, shape: [width] }, { name: `${name}.bias`, shape: [width] }];
}

function linear(name: string, inputs: number, outputs: number): ParameterShape[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
}
