/**
 * Builds the ONNX graph of a Hybrid Transformer Demucs.
 *
 * The graph uses single precision except, on the CPU, in the wave's encoders. At the onset of a drum their values are forty times the
 * typical ones, and the rounding there determines the largest error of the stems: on a clip with peak 1.0 it is 2.9e-6 in
 * single precision (torch: 3.2e-6) and 0.9e-6 in double precision, which takes 5 % more time.
 *
 * Source: `demucs.htdemucs.HTDemucs` (demucs 4.0.1).
 *
 * @module
 */

import { addDecoder, addEncoder, addFrequencyEmbedding } from "./htdemucs/branches.ts";
import {
  HtdemucsWeights,
  inPrecision,
  type Network,
  type Plane,
  planeShape,
} from "./htdemucs/plane.ts";
import { addTransformer } from "./htdemucs/transformer.ts";
import type { HtdemucsCheckpoint } from "../../../models/htdemucs/parameters.ts";
import { segmentFrames } from "../../../models/htdemucs/configuration.ts";
import { GraphBuilder, type GraphTarget } from "./graph.ts";

/** Version of the builder; it changes with every change of the graph. */
export const HTDEMUCS_BUILDER_VERSION = 1;

/** Options of the builder. */
export interface HtdemucsGraphOptions {
  /** Whether the outputs of all encoders, transformer and decoders are outputs of the graph. */
  readonly innerSeams?: boolean;
  /** What the graph is for; absent for the CPU. */
  readonly target?: GraphTarget;
  /** Largest array of attention scores in a graph for a device, bytes; absent for 64 MiB. */
  readonly scoresBytes?: number;
}

/**
 * Builds the network for one segment.
 *
 * Inputs, f32: `mix` [1, audio channels, samples], the wave normalised by its mean and deviation; `spectrum`
 * [1, 2 · audio channels, frequencies, frames], the spectrogram with real and imaginary parts as channels, normalised
 * likewise. Outputs, f32, still normalised: `wave_out` [1, sources, audio channels, samples] and `spectrum_out`
 * [1, sources, 2 · audio channels, frequencies, frames].
 *
 * Inner seams have upstream's names: `encoder.N`, `tencoder.N`, `decoder.N`, `tdecoder.N` [1, channels, rows,
 * length], or [1, channels, length] in the wave's branch, and the transformer's tokens `crosstransformer` [frequencies · frames, channels] and
 * `crosstransformer_t` [samples, channels].
 *
 * @param checkpoint configuration and weights
 * @param options whether inner seams are outputs
 * @returns content of an `.onnx` file with the weights
 */
export function buildHtdemucs(
  checkpoint: HtdemucsCheckpoint,
  { innerSeams = false, target = "cpu", scoresBytes }: HtdemucsGraphOptions = {},
): Uint8Array {
  const { configuration } = checkpoint;
  const { audioChannels, sources, nfft, depth, segmentSamples } = configuration;
  const graph = new GraphBuilder("htdemucs", target);
  const network: Network = {
    ...{ graph, weights: new HtdemucsWeights(checkpoint), configuration },
    ...(scoresBytes !== undefined && { scoresBytes }),
  };
  const [frequencies, frames] = [nfft / 2, segmentFrames(configuration)];
  const seam = (name: string, plane: Plane): void => {
    if (innerSeams) graph.output(name, plane.value, planeShape(plane));
  };

  const mix = graph.input("mix", "f32", [1, audioChannels, segmentSamples]);
  const spectrum = graph.input("spectrum", "f32", [1, 2 * audioChannels, frequencies, frames]);
  let x: Plane = {
    value: spectrum,
    channels: 2 * audioChannels,
    rows: frequencies,
    length: frames,
    precision: "f32",
  };
  let xt: Plane = {
    value: mix,
    channels: audioChannels,
    rows: null,
    length: segmentSamples,
    precision: "f32",
  };
  const skips: Plane[] = [];
  const skipsT: Plane[] = [];
  const lengths: number[] = [];
  for (let i = 0; i < depth; i++) {
    lengths.push(xt.length);
    xt = addEncoder(network, `tencoder.${i}`, inPrecision(graph, xt, graph.widest));
    x = addEncoder(network, `encoder.${i}`, x);
    if (i === 0) x = addFrequencyEmbedding(network, x);
    skips.push(x);
    const skipT = inPrecision(graph, xt, "f32");
    skipsT.push(skipT);
    seam(`encoder.${i}`, x);
    seam(`tencoder.${i}`, skipT);
  }

  const bottom = addTransformer(network, x, inPrecision(graph, xt, "f32"));
  ({ x, xt } = bottom);
  if (innerSeams) {
    graph.output("crosstransformer", bottom.tokens.x, ["tokens", "channels"]);
    graph.output("crosstransformer_t", bottom.tokens.xt, ["moments", "channels"]);
  }
  for (let i = 0; i < depth; i++) {
    const last = i === depth - 1;
    x = addDecoder(network, `decoder.${i}`, x, skips.pop()!, frames, last);
    xt = addDecoder(network, `tdecoder.${i}`, xt, skipsT.pop()!, lengths.pop()!, last);
    seam(`decoder.${i}`, x);
    seam(`tdecoder.${i}`, xt);
  }

  const spectrumShape = [1, sources.length, 2 * audioChannels, frequencies, frames];
  graph.output("spectrum_out", graph.reshape(x.value, spectrumShape), spectrumShape);
  const waveShape = [1, sources.length, audioChannels, segmentSamples];
  graph.output("wave_out", graph.reshape(xt.value, waveShape), waveShape);
  return graph.toBytes();
}
