/**
 * Runs the separation network with the native kernels.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { orAborted } from "../../../core/abort.ts";
import { type HtdemucsKernel, openHtdemucs, type Precision } from "../../../kernels/mod.ts";
import type { HtdemucsCheckpoint } from "../../../models/htdemucs/parameters.ts";
import { segmentFrames } from "../../../models/htdemucs/configuration.ts";
import { encodeSafetensors } from "../../../models/encode_safetensors.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";

/**
 * Loads a network. Unlike an ONNX session, it leaves the calling thread free while it runs.
 *
 * @param checkpoint the weights
 * @param threads number of threads; by default as many as there are cores
 * @param precision precision of the products
 * @returns the session, to be released by the caller
 * @throws {KernelError} if the kernels refuse the configuration or the checkpoint lacks a parameter
 */
export async function createNativeDemixSession(
  checkpoint: HtdemucsCheckpoint,
  threads?: number,
  precision?: Precision,
): Promise<DemixSession> {
  const { configuration } = checkpoint;
  const kernel = await openNativeHtdemucs(checkpoint, threads, precision);
  const { sources, audioChannels, segmentSamples, nfft } = configuration;
  const wave = sources.length * audioChannels * segmentSamples;
  const spectrum = sources.length * audioChannels * nfft * segmentFrames(configuration);
  // The kernel has one set of buffers, so runs wait here, where an abortion ends the waiting.
  let last: Promise<unknown> = Promise.resolve();
  return {
    async run(mix, mixSpectrum, { into, signal } = {}): Promise<SegmentOutput> {
      const output = into ?? {
        wave: new Float32Array(wave),
        spectrum: new Float32Array(spectrum),
      };
      const turn = Promise.withResolvers<void>();
      const earlier = last;
      last = turn.promise;
      try {
        await orAborted(earlier, signal);
        await kernel.run(mix, mixSpectrum, output.wave, output.spectrum, undefined, signal);
      } finally {
        turn.resolve();
      }
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
 * @param precision precision of the products
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the kernels refuse the configuration or the checkpoint lacks a parameter
 */
export function openNativeHtdemucs(
  checkpoint: HtdemucsCheckpoint,
  threads: number = availableParallelism(),
  precision?: Precision,
): Promise<HtdemucsKernel> {
  const { sources, sampleRate: _, ...sizes } = checkpoint.configuration;
  const parameters = encodeSafetensors(checkpoint.tensors);
  return openHtdemucs({ ...sizes, sources: sources.length }, parameters, threads, precision);
}
