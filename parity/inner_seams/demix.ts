/**
 * Inner seams of the separation network.
 *
 * @module
 */

import { OVERLAP } from "../../kernels/overlap.ts";
import { recordSeams, SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../kernels/mod.ts";
import type { HtdemucsCheckpoint } from "../../models/htdemucs/parameters.ts";
import { backendOf, type ComputeOptions } from "../../pipeline/backends/backend.ts";
import type { DemixSession, SegmentOutput } from "../../pipeline/backends/demix_session.ts";
import { openNativeHtdemucs } from "../../pipeline/backends/native/htdemucs.ts";
import { onnxRuntime } from "../../pipeline/backends/onnx/runtime.ts";
import { demix, wholeNetwork } from "../../pipeline/demix.ts";
import { elementCount, slice, type Tensor, tensor } from "../../core/tensor.ts";
import { SEGMENT, STEPS } from "./table.ts";

/** Properties of the seams, and how they are computed. */
export interface DemixSeamOptions {
  /** Length of each axis of every seam, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Mean and unbiased deviation of the Fourier transform. The kernels return it normalised; these undo that.
   */
  readonly stft: { readonly mean: number; readonly deviation: number };
  /** Shift of the one pass over the mixture. */
  readonly shift: number | null;
  /** Backend of the network, and threads. */
  readonly compute?: ComputeOptions;
}

/** Arrays by the names that kernels and graphs give them. */
type Arrays = Readonly<Record<string, Float32Array>>;

/** A session that keeps the arrays of its first segment. */
interface RecordingSession extends DemixSession {
  /** Arrays of the first segment, with its inputs and outputs. */
  readonly arrays: Record<string, Float32Array>;
}

/**
 * Separates a mixture, and keeps the inner seams of its first segment.
 *
 * @param checkpoint the weights
 * @param mixture `[2, samples]` f32
 * @param options shapes and compute options
 * @returns every seam as upstream has it, `stems` and `stems16`; a seam that the backend does not have is left out
 */
export async function demixSeams(
  checkpoint: HtdemucsCheckpoint,
  mixture: Tensor<"f32">,
  options: DemixSeamOptions,
): Promise<Record<string, Tensor>> {
  const backend = backendOf(options.compute);
  const open = backend === "native" ? openNative : openOnnx;
  const session = await open(checkpoint, options);
  try {
    const demixer = { name: "walk", sha256: null, backend, networks: [wholeNetwork(session)] };
    const { stems, stems16 } = await demix(demixer, mixture, {
      shifts: [options.shift],
      stems: "floats",
    });
    const names = STEPS["demix"]!.inner.map(({ name }) => name).filter((name) => name !== SEGMENT);
    const inner = names.flatMap((name) => {
      const seam = seamOf(name, session.arrays, checkpoint, options);
      return seam === undefined ? [] : [[name, seam] as const];
    });
    return {
      ...Object.fromEntries(inner),
      ...{ [SEGMENT]: firstSegment(stems!, options.shift), stems: stems!, stems16 },
    };
  } finally {
    await session.release();
  }
}

/** Half a second of silence precedes a shifted mixture. */
const SHIFT_LIMIT_SAMPLES = 22_050;

/**
 * Returns the part of stems that the first segment alone makes, before the second overlaps it.
 *
 * @param stems `[4, 2, samples]` f32
 * @param shift shift of the pass
 */
export function firstSegment(stems: Tensor<"f32">, shift: number | null): Tensor<"f32"> {
  const origin = shift === null ? 0 : shift - SHIFT_LIMIT_SAMPLES;
  const second = origin + Math.floor((1 - OVERLAP) * SEGMENT_SAMPLES);
  return slice(stems, 2, 0, Math.min(stems.shape[2] ?? 0, second));
}

async function openNative(
  checkpoint: HtdemucsCheckpoint,
  { compute: { threads } = {} }: DemixSeamOptions,
): Promise<RecordingSession> {
  const kernel = await openNativeHtdemucs(checkpoint, threads);
  return recording(
    async (mix, spectrum, isFirst) => {
      const wave_out = new Float32Array(4 * mix.length);
      const spectrum_out = new Float32Array(4 * spectrum.length);
      const recorded = isFirst
        ? await recordSeams((recorder) =>
          kernel.run(mix, spectrum, wave_out, spectrum_out, recorder)
        )
        : new Map<string, Tensor>();
      if (!isFirst) await kernel.run(mix, spectrum, wave_out, spectrum_out);
      const layers = Array.from(recorded, ([name, { data }]) => [name, data]);
      return { ...Object.fromEntries(layers), wave_out, spectrum_out };
    },
    () => Promise.resolve(kernel.close()),
  );
}

async function openOnnx(
  checkpoint: HtdemucsCheckpoint,
  { compute: { threads } = {} }: DemixSeamOptions,
): Promise<RecordingSession> {
  const { InferenceSession, Tensor: OrtTensor } = await onnxRuntime();
  const { buildHtdemucs } = await import("../../pipeline/backends/onnx/htdemucs_graph.ts");
  const graph = buildHtdemucs(checkpoint, { innerSeams: true });
  const session = await InferenceSession.create(graph, {
    enableMemPattern: false,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
  return recording(
    async (mix, spectrum) => {
      const outputs = await session.run({
        mix: new OrtTensor("float32", mix, [1, 2, SEGMENT_SAMPLES]),
        spectrum: new OrtTensor("float32", spectrum, [1, 4, ...SEGMENT_SPECTRUM]),
      });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => [name, output.data as Float32Array]),
      );
    },
    () => session.release(),
  );
}

/** Returns a session of a function that runs a segment; the arrays of the first are kept with copies of its inputs. */
function recording(
  run: (
    mix: Float32Array<ArrayBuffer>,
    spectrum: Float32Array<ArrayBuffer>,
    isFirst: boolean,
  ) => Promise<Arrays>,
  release: () => Promise<void>,
): RecordingSession {
  const arrays: Record<string, Float32Array> = {};
  let isFirst = true;
  return {
    arrays,
    async run(mix, spectrum): Promise<SegmentOutput> {
      const outputs = await run(mix, spectrum, isFirst);
      if (isFirst) Object.assign(arrays, { mix: mix.slice(), spectrum: spectrum.slice() }, outputs);
      isFirst = false;
      const { wave_out: wave, spectrum_out } = outputs as Record<string, Float32Array<ArrayBuffer>>;
      return { wave: wave!, spectrum: spectrum_out! };
    },
    release,
  };
}

function ownName(seam: string): string {
  return seam.replace(/\.wave$/, "_t").replace(/\.spectrum$/, "");
}

/** Returns an array as upstream has it; undefined where the backend has none of this name. */
function seamOf(
  seam: string,
  arrays: Arrays,
  checkpoint: HtdemucsCheckpoint,
  { shapes, stft }: DemixSeamOptions,
): Tensor<"f32"> | undefined {
  const values = arrays[seam === "stft" ? "spectrum" : ownName(seam)];
  if (values === undefined) return undefined;
  const shape = shapes.get(seam) ?? [];
  // Another size than that of the reference is a finding, which the comparison tells.
  if (values.length !== elementCount(shape)) return tensor("f32", [values.length], values);
  const made = (element: (index: number) => number): Tensor<"f32"> =>
    tensor("f32", shape, Float32Array.from({ length: values.length }, (_, at) => element(at)));
  if (seam === "stft") {
    return made((index) => values[index]! * (stft.deviation + 1e-5) + stft.mean);
  }
  if (seam === "encoder.0") {
    // Upstream adds the frequency embedding after its seam, the graph before.
    const [, channels = 0, rows = 0, frames = 0] = shape;
    const embedding = checkpoint.tensors.get("freq_emb.embedding.weight")!.data;
    const { freqEmb, embScale } = checkpoint.configuration;
    return made((index) => {
      const line = Math.floor(index / frames);
      const at = (line % rows) * channels + Math.floor(line / rows);
      return values[index]! - freqEmb * embScale * Number(embedding[at]);
    });
  }
  if (seam.startsWith("crosstransformer.")) {
    // Upstream has [channels, tokens], the graph [tokens, channels].
    const channels = shape[1] ?? 1;
    const tokens = values.length / channels;
    return made((index) => values[(index % tokens) * channels + Math.floor(index / tokens)]!);
  }
  return tensor("f32", shape, values);
}
