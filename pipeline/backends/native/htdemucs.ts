/**
 * Runs the separation network with the project's own kernels.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type HtdemucsKernel, openHtdemucs } from "../../../kernels/kernels.ts";
import {
  type HtdemucsCheckpoint,
  htdemucsParameters,
} from "../../../models/htdemucs/parameters.ts";
import {
  type HtdemucsConfiguration,
  segmentFrames,
} from "../../../models/htdemucs/configuration.ts";
import { packParameters } from "../../../models/parameters.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";

/**
 * Loads a network. Unlike an ONNX session, it leaves the calling thread free while it runs.
 *
 * @param checkpoint the weights
 * @param threads threads of the network; as many as there are cores when absent
 * @returns the session, to be released by the caller
 * @throws {ModelError} `parameters` if the checkpoint lacks one
 * @throws {KernelError} if the kernels refuse the configuration
 */
export async function createNativeDemixSession(
  checkpoint: HtdemucsCheckpoint,
  threads?: number,
): Promise<DemixSession> {
  const { configuration } = checkpoint;
  const kernel = await openNativeHtdemucs(checkpoint, threads);
  const { sources, audioChannels, segmentSamples, nfft } = configuration;
  const wave = sources.length * audioChannels * segmentSamples;
  const spectrum = sources.length * audioChannels * nfft * segmentFrames(configuration);
  // Two sets: one is joined to the stems while the other is written.
  const outputs = [0, 1].map(() => ({
    wave: new Float32Array(wave),
    spectrum: new Float32Array(spectrum),
  }));
  let runs = 0;
  return {
    async run(mix, mixSpectrum): Promise<SegmentOutput> {
      const output = outputs[runs++ % 2]!;
      await kernel.run(mix, mixSpectrum, output.wave, output.spectrum);
      return output;
    },
    release(): Promise<void> {
      kernel.close();
      return Promise.resolve();
    },
  };
}

/**
 * Hands a checkpoint to the kernels.
 *
 * @param checkpoint the weights
 * @param threads threads of the network; as many as there are cores when absent
 * @returns the network, to be closed by the caller
 * @throws {ModelError} `parameters` if the checkpoint lacks one
 * @throws {KernelError} if the kernels refuse the configuration
 */
export function openNativeHtdemucs(
  checkpoint: HtdemucsCheckpoint,
  threads: number = availableParallelism(),
): Promise<HtdemucsKernel> {
  const parameters = packParameters(htdemucsParameters(checkpoint.configuration), checkpoint);
  return openHtdemucs(numbersOf(checkpoint.configuration), parameters, threads);
}

/** The configuration as the kernels read it. */
function numbersOf(configuration: HtdemucsConfiguration): Float64Array<ArrayBuffer> {
  return Float64Array.of(
    configuration.sources.length,
    configuration.audioChannels,
    configuration.channels,
    configuration.growth,
    configuration.depth,
    configuration.nfft,
    configuration.freqEmb,
    configuration.embScale,
    configuration.dconvDepth,
    configuration.dconvComp,
    configuration.bottomChannels,
    configuration.tLayers,
    configuration.tHeads,
    configuration.tHiddenScale,
    configuration.tMaxPeriod,
    configuration.tWeightPosEmbed,
    configuration.segmentSamples,
  );
}
