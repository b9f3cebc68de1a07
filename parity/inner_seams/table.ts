/**
 * The table of inner seams: the arrays that pass between the operations of a stage.
 *
 * They are large, and their only use is to find the first operation that is wrong: a stage returns them only on
 * request.
 *
 * @module
 */

import { elementCount, type Tensor } from "../../core/tensor.ts";

/** Description of an inner seam. */
export interface InnerSeamDescription {
  /** Name, unique in the stage. */
  readonly name: string;
  /** Name or length of each axis, outermost first. */
  readonly axes: readonly (number | string)[];
  /** Inner seams that it is computed from; none if it is computed from the stage's inputs. */
  readonly inputs: readonly string[];
}

/** The values of an inner seam. */
export interface InnerSeam {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** The element at an index in C order. */
  element(index: number): number;
}

/** The values of all inner seams of a stage, by name. */
export type InnerSeams = ReadonlyMap<string, InnerSeam>;

/** Returns an array as an inner seam. */
export function innerSeam({ shape, data }: Tensor): InnerSeam {
  return { shape, element: (index) => Number(data[index]) };
}

/** Returns arrays as inner seams. */
export function innerSeams(tensors: Iterable<readonly [name: string, values: Tensor]>): InnerSeams {
  return new Map(Array.from(tensors, ([name, values]) => [name, innerSeam(values)]));
}

/**
 * Returns an inner seam whose values lie in another order in the array that they come from.
 *
 * @param shape length of each axis of the seam
 * @param length number of elements of the array
 * @param element returns the seam's element at an index in C order
 * @throws {RangeError} if the array has another length than the seam
 */
export function derivedSeam(
  shape: readonly number[],
  length: number,
  element: (index: number) => number,
): InnerSeam {
  if (length !== elementCount(shape)) {
    throw new RangeError(`A seam [${shape.join(", ")}] cannot be made of ${length} elements`);
  }
  return { shape, element };
}

const SPECTRAL = [1, "channels", "frequencies", "frames"] as const;
const TEMPORAL = [1, "channels", "samples"] as const;
const ROWS = ["instruments", "frames", "channels"] as const;

/** One branch of the separation network, from its input to its output. */
function branch(
  [prefix, input, output, middle, other]: readonly [string, string, string, string, string],
  axes: InnerSeamDescription["axes"],
): InnerSeamDescription[] {
  const encoder = (layer: number): string => `${prefix}encoder.${layer}`;
  const decoder = (layer: number): string => `${prefix}decoder.${layer}`;
  const [three, othersThree] = [encoder(3), other];
  return [
    ...[0, 1, 2, 3].map((layer) => ({
      name: encoder(layer),
      axes,
      inputs: [layer === 0 ? input : encoder(layer - 1)],
    })),
    { name: middle, axes, inputs: [three, othersThree] },
    ...[0, 1, 2].map((layer) => ({
      name: decoder(layer),
      axes,
      inputs: [layer === 0 ? middle : decoder(layer - 1), encoder(3 - layer)],
    })),
    { name: output, axes: [1, "sources", ...axes.slice(1)], inputs: [decoder(2), encoder(0)] },
  ];
}

const SPECTRUM_BRANCH = branch(
  ["", "spectrum", "spectrum_out", "crosstransformer.spectrum", "tencoder.3"],
  SPECTRAL,
);
const WAVE_BRANCH = branch(
  ["t", "mix", "wave_out", "crosstransformer.wave", "encoder.3"],
  TEMPORAL,
);

/** Both branches, layer by layer; they exchange data only in the transformer. */
const SEPARATION: readonly InnerSeamDescription[] = [
  { name: "stft", axes: SPECTRAL, inputs: [] },
  { name: "spectrum", axes: SPECTRAL, inputs: ["stft"] },
  { name: "mix", axes: TEMPORAL, inputs: [] },
  ...SPECTRUM_BRANCH.flatMap((seam, layer) => [seam, WAVE_BRANCH[layer]!]),
];

/** Blocks of the published network. */
const BLOCKS = 11;

const NETWORK: readonly InnerSeamDescription[] = [
  { name: "embedded", axes: ROWS, inputs: [] },
  ...Array.from({ length: BLOCKS }, (_, block) => [
    {
      name: `block.${block}.time`,
      axes: ROWS,
      inputs: [block === 0 ? "embedded" : `block.${block - 1}.instruments`],
    },
    { name: `block.${block}.instruments`, axes: ROWS, inputs: [`block.${block}.time`] },
  ]).flat(),
  { name: "norm", axes: ROWS, inputs: [`block.${BLOCKS - 1}.instruments`] },
  { name: "logits", axes: ["logits", "frames"], inputs: ["norm"] },
];

/** The inner seams of each stage that has any, in the order of the data. */
export const INNER_SEAMS: Readonly<Record<string, readonly InnerSeamDescription[]>> = {
  demix: SEPARATION,
  spectrogram: [
    { name: "mono", axes: ["samples"], inputs: [] },
    { name: "windowed", axes: ["frames", "taps"], inputs: ["mono"] },
    { name: "magnitude", axes: ["frames", "frequencies"], inputs: ["windowed"] },
    { name: "filtered", axes: ["frames", "bands"], inputs: ["magnitude"] },
    { name: "logarithm", axes: ["frames", "bands"], inputs: ["filtered"] },
  ],
  network: NETWORK,
  metrical: [
    { name: "decoder_input", axes: ["frames", "classes"], inputs: [] },
    { name: "log_densities", axes: ["frames", "classes"], inputs: ["decoder_input"] },
    { name: "scores", axes: ["metres"], inputs: ["log_densities"] },
  ],
};
