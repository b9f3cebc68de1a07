/**
 * Runs the separation network with the native kernels.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type HtdemucsKernel, openHtdemucs } from "../../../kernels/mod.ts";
import type { HtdemucsCheckpoint } from "../../../models/htdemucs/parameters.ts";
import { segmentFrames } from "../../../models/htdemucs/configuration.ts";
import { encodeSafetensors } from "../../../models/encode_safetensors.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";

/**
 * Loads a network. Unlike an ONNX session, it leaves the calling thread free while it runs.
 *
 * @param checkpoint the weights
 * @param threads number of threads; by default as many as there are cores
 * @returns the session, to be released by the caller
 * @throws {KernelError} if the kernels refuse the configuration or the checkpoint lacks a parameter
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
  // Two sets: one is joined to the stems while the next segment writes the other.
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
 * Opens a network with the weights of a checkpoint.
 *
 * @param checkpoint the weights
 * @param threads number of threads; by default as many as there are cores
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the kernels refuse the configuration or the checkpoint lacks a parameter
 */
export function openNativeHtdemucs(
  checkpoint: HtdemucsCheckpoint,
  threads: number = availableParallelism(),
): Promise<HtdemucsKernel> {
  const { sources, sampleRate: _, ...sizes } = checkpoint.configuration;
  const parameters = encodeSafetensors(checkpoint.tensors);
  return openHtdemucs({ ...sizes, sources: sources.length }, parameters, threads);
}
