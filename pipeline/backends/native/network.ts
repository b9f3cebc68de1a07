/**
 * Runs the All-In-One network with the native kernels.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type NetworkKernel, type NetworkSizes, openNetwork } from "../../../kernels/mod.ts";
import type { Checkpoint } from "../../../models/all_in_one/parameters.ts";
import type { AllInOneConfiguration } from "../../../models/all_in_one/configuration.ts";
import { release } from "../../../core/tensor.ts";
import { encodeSafetensors } from "../../../models/encode_safetensors.ts";
import {
  checkRun,
  type NetworkOutput,
  networkOutput,
  type NetworkSession,
  type NetworkSessionOptions,
} from "../network_session.ts";

/**
 * Opens a network. Unlike an ONNX session, it leaves the calling thread free while it runs.
 *
 * A fold's weights are packed when it first runs, and kept; the memory of a run serves all folds.
 *
 * @param checkpoint a fold of the configuration that will run
 * @param options number of threads, by default as many as there are cores; whether embeddings are computed
 * @returns a session, to be released by the caller
 * @throws {KernelError} if the kernels refuse the configuration
 */
export async function createNativeNetworkSession(
  checkpoint: Checkpoint,
  { compute, embeddings = true }: NetworkSessionOptions = {},
): Promise<NetworkSession> {
  const threads = compute?.threads ?? availableParallelism();
  const { configuration } = checkpoint;
  const { numInstruments, numLabels, dimEmbed } = configuration;
  const kernel = await openNetwork(sizesOf(configuration), threads);
  const folds = new Map<Checkpoint, Promise<number>>();
  const numberOf = (fold: Checkpoint): Promise<number> => {
    const number = folds.get(fold) ?? addFold(kernel, fold);
    folds.set(fold, number);
    return number;
  };
  return {
    async run(spectrogram, fold = checkpoint, into, signal): Promise<NetworkOutput> {
      const frames = checkRun(checkpoint, fold, spectrogram);
      const logits = into ?? new Float32Array((3 + numLabels) * frames);
      const rows = new Float32Array(embeddings ? numInstruments * frames * dimEmbed : 0);
      const number = await numberOf(fold);
      await kernel.run(number, spectrogram.data, logits, rows, undefined, signal);
      return networkOutput(configuration, frames, logits, rows);
    },
    release(): Promise<void> {
      kernel.close();
      return Promise.resolve();
    },
  };
}

/**
 * Opens a network with the weights of one fold.
 *
 * @param checkpoint the fold
 * @param threads number of threads; by default as many as there are cores
 * @returns the network, to be closed by the caller, and the number of the fold in it
 * @throws {KernelError} if the kernels refuse the configuration
 */
export async function openNativeNetwork(
  checkpoint: Checkpoint,
  threads: number = availableParallelism(),
): Promise<{ readonly kernel: NetworkKernel; readonly fold: number }> {
  const { configuration } = checkpoint;
  const kernel = await openNetwork(sizesOf(configuration), threads);
  const fold = await addFold(kernel, checkpoint);
  return { kernel, fold };
}

/** Adds the parameters of a fold to a kernel; returns its number. */
async function addFold(kernel: NetworkKernel, fold: Checkpoint): Promise<number> {
  const data = encodeSafetensors(fold.tensors);
  try {
    return await kernel.addFold(data);
  } finally {
    release({ data });
  }
}

/** The part of a configuration that the kernels need. */
function sizesOf(configuration: AllInOneConfiguration): NetworkSizes {
  const { numInstruments, numLabels, depth, dilationFactor, dilationMax } = configuration;
  const { numHeads, kernelSize, dimInput, dimEmbed, mlpRatio, layerNormEps } = configuration;
  return {
    ...{ numInstruments, numLabels, depth, dilationFactor, dilationMax },
    ...{ numHeads, kernelSize, dimInput, dimEmbed, mlpRatio, layerNormEps },
  };
}
