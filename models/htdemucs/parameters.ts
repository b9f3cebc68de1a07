/**
 * Checkpoints of Hybrid Transformer Demucs networks, and the names, order and shapes of their parameters.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { checkParameters, type ParameterShape } from "../parameters.ts";
import {
  encoderChannels,
  type HtdemucsConfiguration,
  KERNEL,
  STRIDE,
  transformerChannels,
} from "./configuration.ts";

/** Configuration and weights of a separation network. */
export interface HtdemucsCheckpoint {
  /** Registered name, such as `htdemucs`. */
  readonly name: string;
  /** Sizes of the network. */
  readonly configuration: HtdemucsConfiguration;
  /** Parameters by upstream's names, f32, in torch's layout ([out, in, height, width] for convolutions). */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /** SHA-256 of the weights file, or of all values in order if there is no file, hexadecimal. */
  readonly sha256: string;
}

/** Taps of the convolutions in a residual branch. */
export const DCONV_KERNEL = 3;

/** Taps, along each axis, of the convolution that a decoder starts with. */
export const REWRITE_KERNEL = 3;

/**
 * Lists the parameters of a network.
 *
 * @param configuration sizes of the network
 * @returns names and shapes in the order of upstream's `state_dict` (533 for the published configuration, 41 984 456 values)
 */
export function htdemucsParameters(configuration: HtdemucsConfiguration): ParameterShape[] {
  const { audioChannels, sources, depth, nfft, bottomChannels } = configuration;
  const widths = encoderChannels(configuration);
  const mixed = audioChannels * sources.length;
  const levels = Array.from({ length: depth }, (_, level) => level);
  const last = widths.at(-1)!;
  const encoders = (name: string, inputs: number, kernel: Kernel): ParameterShape[] =>
    levels.flatMap((i) =>
      encoder(`${name}.${i}`, [widths[i - 1] ?? inputs, widths[i]!], kernel, configuration)
    );
  const decoders = (name: string, outputs: number, kernel: Kernel): ParameterShape[] =>
    levels.flatMap((i) => {
      const level = depth - 1 - i;
      const sizes = [widths[level]!, widths[level - 1] ?? outputs] as const;
      return decoder(`${name}.${i}`, sizes, kernel, configuration);
    });
  const bottom = bottomChannels === 0 ? [] : ["", "_t"].flatMap((branch) => [
    ...convolution(`channel_upsampler${branch}`, last, bottomChannels, [1]),
    ...convolution(`channel_downsampler${branch}`, bottomChannels, last, [1]),
  ]);
  return [
    ...encoders("encoder", 2 * audioChannels, (taps) => [taps, 1]),
    ...decoders("decoder", 2 * mixed, (taps) => taps === KERNEL ? [taps, 1] : [taps, taps]),
    ...encoders("tencoder", audioChannels, (taps) => [taps]),
    ...decoders("tdecoder", mixed, (taps) => [taps]),
    { name: "freq_emb.embedding.weight", shape: [nfft / 2 / STRIDE, widths[0]!] },
    ...bottom,
    ...transformer(configuration),
  ];
}

/**
 * Compares the tensors of a checkpoint with the parameters that its configuration requires.
 *
 * @param configuration sizes of the network
 * @param tensors tensors of the checkpoint by name
 * @param origin name of the checkpoint, for the error
 * @throws {ModelError} `parameters`, naming missing, unexpected and misshapen tensors
 */
export function validateHtdemucsParameters(
  configuration: HtdemucsConfiguration,
  tensors: ReadonlyMap<string, Tensor>,
  origin: string,
): void {
  const errorPrefix = `${origin} does not hold the HTDemucs that its configuration describes`;
  checkParameters(htdemucsParameters(configuration), tensors, errorPrefix);
}

type Kernel = (taps: number) => number[];
type Sizes = readonly [inputs: number, outputs: number];

function encoder(
  name: string,
  [inputs, outputs]: Sizes,
  kernel: Kernel,
  configuration: HtdemucsConfiguration,
): ParameterShape[] {
  const point = kernel(1).map(() => 1);
  return [
    ...convolution(`${name}.conv`, inputs, outputs, kernel(KERNEL)),
    ...convolution(`${name}.rewrite`, outputs, 2 * outputs, point),
    ...residualBranch(`${name}.dconv`, outputs, configuration),
  ];
}

function decoder(
  name: string,
  [inputs, outputs]: Sizes,
  kernel: Kernel,
  configuration: HtdemucsConfiguration,
): ParameterShape[] {
  return [
    { name: `${name}.conv_tr.weight`, shape: [inputs, outputs, ...kernel(KERNEL)] },
    { name: `${name}.conv_tr.bias`, shape: [outputs] },
    ...convolution(`${name}.rewrite`, inputs, 2 * inputs, kernel(REWRITE_KERNEL)),
    ...residualBranch(`${name}.dconv`, inputs, configuration),
  ];
}

function residualBranch(
  name: string,
  width: number,
  { dconvDepth, dconvComp }: HtdemucsConfiguration,
): ParameterShape[] {
  const hidden = Math.floor(width / dconvComp);
  return Array.from({ length: dconvDepth }, (_, i) => `${name}.layers.${i}`).flatMap((layer) => [
    ...convolution(`${layer}.0`, width, hidden, [DCONV_KERNEL]),
    ...norm(`${layer}.1`, hidden),
    ...convolution(`${layer}.3`, hidden, 2 * width, [1]),
    ...norm(`${layer}.4`, 2 * width),
    { name: `${layer}.6.scale`, shape: [width] },
  ]);
}

function transformer(configuration: HtdemucsConfiguration): ParameterShape[] {
  const width = transformerChannels(configuration);
  const name = "crosstransformer";
  const layers = Array.from({ length: configuration.tLayers }, (_, i) => i);
  return [
    ...norm(`${name}.norm_in`, width),
    ...norm(`${name}.norm_in_t`, width),
    ...["layers", "layers_t"].flatMap((branch) =>
      layers.flatMap((i) => transformerLayer(`${name}.${branch}.${i}`, i % 2 === 1, configuration))
    ),
  ];
}

function transformerLayer(
  name: string,
  crosses: boolean,
  configuration: HtdemucsConfiguration,
): ParameterShape[] {
  const width = transformerChannels(configuration);
  const hidden = Math.trunc(width * configuration.tHiddenScale);
  const attention = `${name}.${crosses ? "cross_attn" : "self_attn"}`;
  const norms = ["norm1", "norm2", ...(crosses ? ["norm3"] : []), "norm_out"];
  return [
    { name: `${attention}.in_proj_weight`, shape: [3 * width, width] },
    { name: `${attention}.in_proj_bias`, shape: [3 * width] },
    ...convolution(`${attention}.out_proj`, width, width, []),
    ...convolution(`${name}.linear1`, width, hidden, []),
    ...convolution(`${name}.linear2`, hidden, width, []),
    ...norms.flatMap((part) => norm(`${name}.${part}`, width)),
    { name: `${name}.gamma_1.scale`, shape: [width] },
    { name: `${name}.gamma_2.scale`, shape: [width] },
  ];
}

function norm(name: string, width: number): ParameterShape[] {
  return [{ name: `${name}.weight`, shape: [width] }, { name: `${name}.bias`, shape: [width] }];
}

function convolution(
  name: string,
  inputs: number,
  outputs: number,
  kernel: readonly number[],
): ParameterShape[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs, ...kernel] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
}
