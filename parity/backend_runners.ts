/**
 * Backends that can run the networks on this machine.
 *
 * @module
 */

import type { LoadOptions } from "../models/models_folder.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { releaseDemixer } from "../pipeline/demix.ts";
import { builtInDevices } from "../pipeline/backends/devices.ts";
import type { NetworkModel } from "../pipeline/network.ts";
import type { Stage, StageContext } from "../pipeline/stages.ts";
import type { PreparedStage } from "./own_implementation.ts";

/** A backend on one device. */
export interface BackendRunner {
  /** Name in the report, such as `onnx on webgpu`. */
  readonly name: string;
  /**
   * Loads the network of a stage.
   *
   * @throws {DeviceError} if the machine does not have the device
   */
  prepare(stage: Stage): Promise<PreparedStage>;
}

/** Weights and threads, the same for all backends. */
export interface RunnerOptions extends LoadOptions {
  /** Weights of the music structure network. */
  readonly model: NetworkModel;
  /** Name of the demixer, as in `loadDemixer()`; absent where stems are given. */
  readonly demixer?: string;
  /** Threads; absent for one for each core. */
  readonly threads?: number;
}

/**
 * Returns the native backend first, then ONNX Runtime on the CPU and on every other device of its build.
 *
 * @param options weights and threads
 */
export async function backendRunners(options: RunnerOptions): Promise<BackendRunner[]> {
  const devices = (await builtInDevices()).filter((device) => device !== "cpu");
  return [
    backendRunner("native", "cpu", options),
    backendRunner("onnx", "cpu", options),
    ...devices.map((device) => backendRunner("onnx", device, options)),
  ];
}

function backendRunner(backend: Backend, device: string, options: RunnerOptions): BackendRunner {
  const name = device === "cpu" ? backend : `${backend} on ${device}`;
  const { model, demixer: demixerName, threads } = options;
  const compute = { backend, device, ...(threads !== undefined && { threads }) };
  const context: StageContext = {
    model: Promise.resolve(model),
    // The tolerance of embeddings is upstream's own error, which is known for stored references only.
    embeddings: false,
    compute,
  };
  return {
    name,
    async prepare(stage): Promise<PreparedStage> {
      if (stage.name !== "demix" || demixerName === undefined) {
        return { run: (seams) => stage.run(seams, context), release: () => Promise.resolve() };
      }
      const demixer = await loadDemixer(demixerName, { ...options, compute });
      const separation = {
        demixer: Promise.resolve(demixer),
        shifts: [0],
        stems: "floats" as const,
      };
      return {
        run: (seams) => stage.run(seams, { ...context, separation }),
        release: () => releaseDemixer(demixer),
      };
    },
  };
}
