/**
 * Checkpoints of All-In-One networks, and the names, order and shapes of their parameters.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { checkParameters, type ParameterShape } from "../parameters.ts";
import type { AllInOneConfiguration } from "./configuration.ts";

/** Configuration and weights of one fold of All-In-One. */
export interface Checkpoint {
  /** Registered name of the fold, such as `harmonix-fold3`. */
  readonly name: string;
  /** Sizes and thresholds. */
  readonly configuration: AllInOneConfiguration;
  /** Parameters by upstream's names, f32, in torch's layout ([out, in, height, width] for convolutions). */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /** SHA-256 of the weights file, or of all values in order if there is no file, hexadecimal. */
  readonly sha256: string;
}

/** Rows and columns of the instrument attention's window; fixed in upstream. */
export const INSTRUMENT_KERNEL = 5;

/** Kernels [frames, bands] of the convolutional embedding. */
const EMBEDDING_KERNELS = [[3, 3], [1, 12], [3, 3]] as const;

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
 * Compares the tensors of a checkpoint with the parameters that its configuration requires.
 *
 * @param configuration sizes of the network
 * @param tensors tensors of the checkpoint by name
 * @param origin name of the checkpoint, for the error
 * @throws {ModelError} `parameters`, naming every missing, unexpected and misshapen tensor
 */
export function validateParameters(
  configuration: AllInOneConfiguration,
  tensors: ReadonlyMap<string, Tensor>,
  origin: string,
): void {
  const errorPrefix = `${origin} does not hold the network that its configuration describes`;
  checkParameters(allInOneParameters(configuration), tensors, errorPrefix);
}

function embedding(width: number): ParameterShape[] {
  const channels = [1, Math.floor(width / 2), width, width];
  const convolutions = EMBEDDING_KERNELS.flatMap((kernel, i) => [
    { name: `embeddings.conv${i}.weight`, shape: [channels[i + 1]!, channels[i]!, ...kernel] },
    { name: `embeddings.conv${i}.bias`, shape: [channels[i + 1]!] },
  ]);
  return [...convolutions, ...norm("embeddings.norm", width)];
}

/** Attentions of a layer: name, and shape of the position bias per head. */
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
