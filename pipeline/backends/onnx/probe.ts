/**
 * Finds out which devices a machine has.
 *
 * @module
 */

import { builtInDevices, DeviceError, onDevice } from "../devices.ts";
import { onnxRuntime } from "./runtime.ts";
import { sessionSettings } from "./session_settings.ts";

/** A device, and why it cannot be used; absent where it can. */
export interface ProbedDevice {
  /** Name of the device. */
  readonly device: string;
  /** Reason why no session can be started on it. */
  readonly problem?: string;
}

/**
 * Starts a session of one node on each device of this build of ONNX Runtime except the CPU.
 *
 * @throws {RuntimeLoadError} if ONNX Runtime cannot be loaded
 */
export async function probeDevices(): Promise<ProbedDevice[]> {
  const probed: ProbedDevice[] = [];
  for (const device of await builtInDevices()) {
    if (device === "cpu") continue;
    const problem = await problemOf(device);
    probed.push({ device, ...(problem !== undefined && { problem }) });
  }
  return probed;
}

async function problemOf(device: string): Promise<string | undefined> {
  const { InferenceSession } = await onnxRuntime();
  const { GraphBuilder } = await import("./graph.ts");
  const graph = new GraphBuilder("probe", "device");
  graph.output("y", graph.node("Relu", [graph.input("x", "f32", [1])]), [1]);
  const settings = await sessionSettings({ device });
  try {
    const start = () => InferenceSession.create(graph.toBytes(), settings);
    await (await onDevice(device, start)).release();
    return undefined;
  } catch (error) {
    if (error instanceof DeviceError) return error.reason ?? error.message;
    throw error;
  }
}
