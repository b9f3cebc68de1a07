/**
 * Loads demixers.
 *
 * @module
 */

import { SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../kernels/mod.ts";
import {
  demixerWeights,
  HPSS,
  HPSS_MIX,
  type NetworkWeights,
} from "../../models/demixer_weights.ts";
import type { HtdemucsConfiguration } from "../../models/htdemucs/configuration.ts";
import { ModelError } from "../../models/model_error.ts";
import { cachedGraph } from "./onnx/graph_cache.ts";
import { cacheFolder } from "../../core/cache_folder.ts";
import type { LoadOptions } from "../../models/models_folder.ts";
import { ALL_STEMS, type Demixer, type DemixNetwork } from "../demix.ts";
import { backendOf, type ComputeOptions, precisionOf } from "./backend.ts";
import type { DemixSession } from "./demix_session.ts";
import type { HtdemucsCheckpoint } from "../../models/htdemucs/parameters.ts";
import { SAMPLE_RATE_HZ } from "../spectrogram.ts";
import { createNativeDemixSession } from "./native/htdemucs.ts";

/** Folder of the weights; backend, device and threads of the network. */
export interface DemixerOptions extends LoadOptions {
  /** Backend, device and threads. */
  readonly compute?: ComputeOptions;
}

/**
 * Stem of each source that a network can have: 0 to 3 are bass, drums, other, vocals. What belongs to no stem of its own is
 * added to other.
 */
const STEM_OF_SOURCE: ReadonlyMap<string, number> = new Map([
  ["bass", 0],
  ["drums", 1],
  ["other", 2],
  ["vocals", 3],
  ["guitar", 2],
  ["piano", 2],
]);

/**
 * Loads a separation network or a bag of networks, or none for `hpss` and `hpss-mix`, which the kernels compute on the CPU.
 *
 * @param name `hpss`, `hpss-mix`, or as in `demixerWeights()`
 * @param options folder of the weights, backend, device, threads
 * @returns the demixer; the caller releases it
 * @throws {ModelError} if the weights are missing or are not what they should be
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device
 */
export async function loadDemixer(name: string, options: DemixerOptions = {}): Promise<Demixer> {
  const hpss: Demixer = { name: HPSS, sha256: null, backend: "native", networks: [] };
  if (name === HPSS) return hpss;
  if (name === HPSS_MIX) return { ...hpss, name, rhythmOf: hpss };
  const weights = await demixerWeights(name, options);
  const backend = backendOf(options.compute);
  const networks: DemixNetwork[] = [];
  try {
    for (const network of weights.networks) {
      networks.push(await loadNetwork(weights.name, network, options));
    }
  } catch (error) {
    for (const { session } of networks) await session.release();
    throw error;
  }
  const precision = precisionOf(options.compute);
  return { name: weights.name, sha256: weights.sha256, backend, precision, networks };
}

/** Loads one network, and assigns its sources to stems. */
async function loadNetwork(
  name: string,
  weights: NetworkWeights,
  options: DemixerOptions,
): Promise<DemixNetwork> {
  const checkpoint = weights.checkpoint();
  const { sources, segmentSamples, nfft, audioChannels, sampleRate } = checkpoint.configuration;
  const sourceStems = sources.map((source) => STEM_OF_SOURCE.get(source) ?? NaN);
  const usable = audioChannels === 2 && sampleRate === SAMPLE_RATE_HZ &&
    segmentSamples === SEGMENT_SAMPLES && nfft === 2 * SEGMENT_SPECTRUM[0] &&
    ALL_STEMS.every((stem) => sourceStems.includes(stem)) && !sourceStems.includes(NaN);
  if (!usable) {
    throw new ModelError(
      "configuration",
      `The demixer ${name} separates ${describe(checkpoint.configuration)}, but expected are ` +
        `bass, drums, other and vocals (guitar and piano are added to other) from ` +
        `2 channels at ${SAMPLE_RATE_HZ} Hz, in segments of ${SEGMENT_SAMPLES} samples and frames of ` +
        `${2 * SEGMENT_SPECTRUM[0]}`,
    );
  }
  const only = weights.source === undefined ? undefined : STEM_OF_SOURCE.get(weights.source);
  if (only === undefined) {
    return {
      session: await openSession(weights, checkpoint, options),
      sourceStems,
      stems: ALL_STEMS,
    };
  }
  const session = restingSession(() => openSession(weights, weights.checkpoint(), options));
  return { session, sourceStems, stems: [only] };
}

async function openSession(
  weights: NetworkWeights,
  checkpoint: HtdemucsCheckpoint,
  options: DemixerOptions,
): Promise<DemixSession> {
  const { compute } = options;
  return backendOf(compute) === "native"
    ? await createNativeDemixSession(checkpoint, compute?.threads, precisionOf(compute))
    : await onnxSession(weights, checkpoint, options);
}

/** Returns a session that is opened when it runs: the networks of a bag would take half a gigabyte each. */
function restingSession(open: () => Promise<DemixSession>): DemixSession {
  let session: Promise<DemixSession> | undefined;
  const rest = async (): Promise<void> => {
    const opened = session;
    session = undefined;
    await (await opened)?.release();
  };
  return {
    run: async (...input) => await (await (session ??= open())).run(...input),
    rest,
    release: rest,
  };
}

function describe(configuration: HtdemucsConfiguration): string {
  const { sources, audioChannels, sampleRate, segmentSamples, nfft } = configuration;
  return `${
    sources.join(", ")
  } from ${audioChannels} channels at ${sampleRate} Hz, in segments of ` +
    `${segmentSamples} samples and frames of ${nfft}`;
}

/** Makes an ONNX Runtime session on a thread of its own; loads the graph builder only where it is needed. */
async function onnxSession(
  weights: NetworkWeights,
  checkpoint: HtdemucsCheckpoint,
  options: DemixerOptions,
): Promise<DemixSession> {
  const { buildHtdemucs, HTDEMUCS_BUILDER_VERSION } = await import("./onnx/htdemucs_graph.ts");
  const { createDemixThread } = await import("./onnx/session_thread.ts");
  const target = (options.compute?.device ?? "cpu") === "cpu" ? "cpu" : "device";
  const name = target === "cpu" ? "htdemucs" : `htdemucs_${target}`;
  const key = { name, sha256: weights.sha256, version: HTDEMUCS_BUILDER_VERSION };
  const folder = cacheFolder("graphs", options.environment);
  const graph = await cachedGraph(folder, key, () => buildHtdemucs(checkpoint, { target }));
  return await createDemixThread(graph, options.compute);
}
