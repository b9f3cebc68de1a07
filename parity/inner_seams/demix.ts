/**
 * Inner seams of the separation network.
 *
 * @module
 */

import {
  openSeparation,
  recordSeams,
  SEGMENT_SAMPLES,
  SEGMENT_SPECTRUM,
} from "../../kernels/mod.ts";
import type { HtdemucsCheckpoint } from "../../models/htdemucs/parameters.ts";
import { backendOf, type ComputeOptions } from "../../pipeline/backends/backend.ts";
import { onnxRuntime } from "../../pipeline/backends/onnx/runtime.ts";
import { openNativeHtdemucs } from "../../pipeline/backends/native/htdemucs.ts";
import { elementCount, type Tensor } from "../../core/tensor.ts";
import { derivedSeam, INNER_SEAMS, type InnerSeam, type InnerSeams } from "./table.ts";

/** Properties of the seams, and how they are computed. */
export interface DemixSeamOptions {
  /** Length of each axis of every seam, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Mean and unbiased deviation of the Fourier transform. The kernels return it normalised; these undo that.
   */
  readonly stft: { readonly mean: number; readonly deviation: number };
  /** Backend of the network, and threads. */
  readonly compute?: ComputeOptions;
}

/** Arrays by the names that kernels and graphs give them. */
type Arrays = Readonly<Record<string, Float32Array>>;

/**
 * Runs the network on the first segment of a mixture.
 *
 * @param checkpoint the weights
 * @param mixture `[2, samples]` f32
 * @param options shapes and compute options
 * @returns every seam as upstream has it
 * @throws {RangeError} if a seam has another size than its shape in the options
 */
export async function demixSeams(
  checkpoint: HtdemucsCheckpoint,
  mixture: Tensor<"f32">,
  options: DemixSeamOptions,
): Promise<InnerSeams> {
  const inputs = await firstSegment(mixture);
  const run = backendOf(options.compute) === "native" ? runNative : runOnnx;
  const arrays = await run(checkpoint, inputs, options);
  const names = (INNER_SEAMS["demix"] ?? []).map(({ name }) => name);
  return new Map(names.map((name) => [name, seamOf(name, arrays, checkpoint, options)]));
}

type Inputs = Record<"mix" | "spectrum", Float32Array<ArrayBuffer>>;

async function firstSegment(mixture: Tensor<"f32">): Promise<Inputs> {
  const separation = await openSeparation(mixture.data, { shifts: [0] });
  try {
    const mix = new Float32Array(2 * SEGMENT_SAMPLES);
    const spectrum = new Float32Array(4 * elementCount(SEGMENT_SPECTRUM));
    await separation.input(0, mix, spectrum);
    return { mix, spectrum };
  } finally {
    separation.close();
  }
}

async function runNative(
  checkpoint: HtdemucsCheckpoint,
  inputs: Inputs,
  { compute: { threads } = {} }: DemixSeamOptions,
): Promise<Arrays> {
  const { mix, spectrum } = inputs;
  const wave_out = new Float32Array(4 * mix.length);
  const spectrum_out = new Float32Array(4 * spectrum.length);
  const kernel = await openNativeHtdemucs(checkpoint, threads);
  try {
    const recorded = await recordSeams((recorder) =>
      kernel.run(mix, spectrum, wave_out, spectrum_out, recorder)
    );
    const layers = Array.from(recorded, ([name, { data }]) => [name, data]);
    return { ...inputs, ...Object.fromEntries(layers), wave_out, spectrum_out };
  } finally {
    kernel.close();
  }
}

async function runOnnx(
  checkpoint: HtdemucsCheckpoint,
  inputs: Inputs,
  { compute: { threads } = {} }: DemixSeamOptions,
): Promise<Arrays> {
  const { InferenceSession, Tensor: OrtTensor } = await onnxRuntime();
  const { buildHtdemucs } = await import("../../pipeline/backends/onnx/htdemucs_graph.ts");
  const graph = buildHtdemucs(checkpoint, { innerSeams: true });
  const session = await InferenceSession.create(graph, {
    enableMemPattern: false,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
  try {
    const outputs = await session.run({
      mix: new OrtTensor("float32", inputs.mix, [1, 2, SEGMENT_SAMPLES]),
      spectrum: new OrtTensor("float32", inputs.spectrum, [1, 4, ...SEGMENT_SPECTRUM]),
    });
    const data = Object.entries(outputs).map(([name, output]) => [name, output.data]);
    return { ...inputs, ...Object.fromEntries(data) };
  } finally {
    await session.release();
  }
}

function ownName(seam: string): string {
  return seam.replace(/\.wave$/, "_t").replace(/\.spectrum$/, "");
}

function seamOf(
  seam: string,
  arrays: Arrays,
  checkpoint: HtdemucsCheckpoint,
  { shapes, stft }: DemixSeamOptions,
): InnerSeam {
  const values = arrays[seam === "stft" ? "spectrum" : ownName(seam)] ?? new Float32Array();
  const shape = shapes.get(seam) ?? [];
  const seamOfElements = (element: (index: number) => number): InnerSeam =>
    derivedSeam(shape, values.length, element);
  if (seam === "stft") {
    return seamOfElements((index) => values[index]! * (stft.deviation + 1e-5) + stft.mean);
  }
  if (seam === "encoder.0") {
    // Upstream adds the frequency embedding after its seam, the graph before.
    const [, channels = 0, rows = 0, frames = 0] = shape;
    const embedding = checkpoint.tensors.get("freq_emb.embedding.weight")!.data;
    const { freqEmb, embScale } = checkpoint.configuration;
    return seamOfElements((index) => {
      const line = Math.floor(index / frames);
      const at = (line % rows) * channels + Math.floor(line / rows);
      return values[index]! - freqEmb * embScale * Number(embedding[at]);
    });
  }
  if (seam.startsWith("crosstransformer.")) {
    // Upstream has [channels, tokens], the graph [tokens, channels].
    const channels = shape[1] ?? 1;
    const tokens = values.length / channels;
    return seamOfElements((index) =>
      values[(index % tokens) * channels + Math.floor(index / tokens)]!
    );
  }
  return seamOfElements((index) => values[index]!);
}
