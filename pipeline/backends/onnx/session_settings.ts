/**
 * Settings of ONNX Runtime's sessions.
 *
 * @module
 */

import type { InferenceSession } from "onnxruntime-node";
import type { ComputeOptions } from "../backend.ts";
import { providersOf } from "../devices.ts";

/** Warnings are about ONNX Runtime's own placement of nodes, and errors are also thrown. */
const FATAL_ONLY = 4;

/**
 * Returns the settings of a session.
 *
 * On WebGPU no node may fall back to the CPU: the session then cannot be created.
 *
 * @param compute device and threads
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device
 */
export async function sessionSettings(
  { threads, device = "cpu" }: ComputeOptions = {},
): Promise<InferenceSession.SessionOptions> {
  return {
    executionProviders: await providersOf(device),
    graphOptimizationLevel: "all",
    logSeverityLevel: FATAL_ONLY,
    // With memory patterns the first runs take seconds longer and twice the memory.
    enableMemPattern: false,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(device === "webgpu" && { extra: { session: { disable_cpu_ep_fallback: "1" } } }),
  };
}
