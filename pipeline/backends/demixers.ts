/**
 * Makes somebody ready to separate mixtures.
 *
 * @module
 */

import { type DemixerWeights, demixerWeights, HPSS } from "../../models/demixer_weights.ts";
import { cachedGraph } from "./onnx/graph_cache.ts";
import { cacheFolder, type LoadOptions } from "../../models/models_folder.ts";
import type { Demixer } from "../demix.ts";
import { type Backend, backendFor } from "./backend.ts";
import type { DemixSession } from "./demix_session.ts";
import { createNativeDemixSession } from "./native/htdemucs.ts";
import type { DemixSessionOptions } from "./onnx/htdemucs.ts";

/** Where the weights are, and what the network runs on. */
export interface DemixerOptions extends LoadOptions, DemixSessionOptions {
  /** Who computes the network; where absent, the kernels on the processor and ONNX Runtime on any other device. */
  readonly backend?: Backend;
}

/**
 * Loads a separation network, or none for `hpss`, which our kernels compute on the processor.
 *
 * @param name `hpss`, or as in `demixerWeights()`
 * @param options folder of the weights, backend, device, threads
 * @returns the demixer, whose session, where it has one, is to be released by the caller
 * @throws {ModelError} if the weights are missing or are not what they should be
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device
 */
export async function loadDemixer(name: string, options: DemixerOptions = {}): Promise<Demixer> {
  if (name === HPSS) return { name, sha256: null, backend: "native", session: null };
  const weights = await demixerWeights(name, options);
  const backend = options.backend ?? backendFor(options.device);
  const session = backend === "native"
    ? await createNativeDemixSession(weights.checkpoint(), options.threads)
    : await onnxSession(weights, options);
  return { name: weights.name, sha256: weights.sha256, backend, session };
}

/** The graph's builder is loaded only where a graph is needed. */
async function onnxSession(
  weights: DemixerWeights,
  options: DemixerOptions,
): Promise<DemixSession> {
  const { buildHtdemucs, HTDEMUCS_BUILDER_VERSION } = await import("./onnx/htdemucs_graph.ts");
  const { createDemixSession } = await import("./onnx/htdemucs.ts");
  const key = { name: "htdemucs", sha256: weights.sha256, version: HTDEMUCS_BUILDER_VERSION };
  const folder = cacheFolder("graphs", options.environment);
  const graph = await cachedGraph(folder, key, () => buildHtdemucs(weights.checkpoint()));
  return await createDemixSession(graph, options);
}
