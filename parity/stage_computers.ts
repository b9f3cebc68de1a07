/**
 * Everybody on this machine who can compute networks.
 *
 * @module
 */

import type { LoadOptions } from "../models/models_folder.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { builtInDevices } from "../pipeline/backends/devices.ts";
import type { NetworkModel } from "../pipeline/network.ts";
import type { StageContext } from "../pipeline/stages.ts";
import type { PreparedStage, StageComputer } from "./backends.ts";

/** Weights and threads, the same for everybody. */
export interface ComputerOptions extends LoadOptions {
  /** The weights of the network. */
  readonly model: NetworkModel;
  /** Who separates, as in `loadDemixer()`; absent where stems are given. */
  readonly demixer?: string;
  /** Threads; absent for as many as there are cores. */
  readonly threads?: number;
}

/**
 * Our own kernels first, then ONNX Runtime on the processor and on every other device that this build of it has.
 *
 * @param options weights and threads
 */
export async function stageComputers(options: ComputerOptions): Promise<StageComputer[]> {
  const devices = (await builtInDevices()).filter((device) => device !== "cpu");
  return [
    stageComputer("native", "cpu", options),
    stageComputer("onnx", "cpu", options),
    ...devices.map((device) => stageComputer("onnx", device, options)),
  ];
}

function stageComputer(backend: Backend, device: string, options: ComputerOptions): StageComputer {
  const name = device === "cpu" ? backend : `${backend} on ${device}`;
  const { model, demixer: demixerName, threads } = options;
  const compute = { backend, device, ...(threads !== undefined && { threads }) };
  const context: StageContext = {
    model: Promise.resolve(model),
    // Their tolerance is upstream's own error, which is known of stored references only.
    embeddings: false,
    compute,
  };
  return {
    name,
    async prepare(stage): Promise<PreparedStage> {
      if (stage.name !== "demix" || demixerName === undefined) {
        return { run: (seams) => stage.run(seams, context), release: () => Promise.resolve() };
      }
      const demixer = await loadDemixer(demixerName, {
        ...options,
        compute,
      });
      const separation = {
        demixer: Promise.resolve(demixer),
        shifts: [0],
        stems: "floats" as const,
      };
      return {
        run: (seams) => stage.run(seams, { ...context, separation }),
        release: async () => await demixer.session?.release(),
      };
    },
  };
}
