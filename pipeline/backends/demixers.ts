/**
 * Loads demixers.
 *
 * @module
 */

import { type DemixerWeights, demixerWeights, HPSS, HPSS_MIX } from "../../models/registry.ts";
import { cachedGraph } from "./onnx/graph_cache.ts";
import { cacheFolder, type LoadOptions } from "../../models/models_folder.ts";
import type { Demixer } from "../demix.ts";
import { backendOf, type ComputeOptions } from "./backend.ts";
import type { DemixSession } from "./demix_session.ts";
import { createNativeDemixSession } from "./native/htdemucs.ts";

/** Folder of the weights; backend, device and threads of the network. */
export interface DemixerOptions extends LoadOptions {
  /** Backend, device and threads. */
  readonly compute?: ComputeOptions;
}

/**
 * Loads a separation network, or none for `hpss` and `hpss-mix`, which the kernels compute on the CPU.
 *
 * @param name `hpss`, `hpss-mix`, or as in `demixerWeights()`
 * @param options folder of the weights, backend, device, threads
 * @returns the demixer; the caller releases its session, where it has one
 * @throws {ModelError} if the weights are missing or are not what they should be
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device
 */
export async function loadDemixer(name: string, options: DemixerOptions = {}): Promise<Demixer> {
  const hpss: Demixer = { name: HPSS, sha256: null, backend: "native", session: null };
  if (name === HPSS) return hpss;
  if (name === HPSS_MIX) return { ...hpss, name, rhythmOf: hpss };
  const weights = await demixerWeights(name, options);
  const backend = backendOf(options.compute);
  const session = backend === "native"
    ? await createNativeDemixSession(weights.checkpoint(), options.compute?.threads)
    : await onnxSession(weights, options);
  return { name: weights.name, sha256: weights.sha256, backend, session };
}

/** Makes an ONNX Runtime session; loads the graph builder only where it is needed. */
async function onnxSession(
  weights: DemixerWeights,
  options: DemixerOptions,
): Promise<DemixSession> {
  const { buildHtdemucs, HTDEMUCS_BUILDER_VERSION } = await import("./onnx/htdemucs_graph.ts");
  const { createDemixSession } = await import("./onnx/htdemucs.ts");
  const key = { name: "htdemucs", sha256: weights.sha256, version: HTDEMUCS_BUILDER_VERSION };
  const folder = cacheFolder("graphs", options.environment);
  const graph = await cachedGraph(folder, key, () => buildHtdemucs(weights.checkpoint()));
  return await createDemixSession(graph, options.compute);
}
