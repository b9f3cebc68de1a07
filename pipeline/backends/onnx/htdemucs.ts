/**
 * Runs the separation network with ONNX Runtime.
 *
 * `run()` blocks the calling thread; the threads of the native kernels continue meanwhile.
 *
 * @module
 */

import type { InferenceSession } from "onnxruntime-node";
import { SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../../kernels/mod.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";
import type { ComputeOptions } from "../backend.ts";
import { onDevice, providersOf } from "../devices.ts";
import { onnxRuntime } from "./runtime.ts";

/**
 * Creates a session of the network.
 *
 * @param graph ONNX graph of `buildHtdemucs()`
 * @param options threads and device
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device, or it cannot be started
 */
export async function createDemixSession(
  graph: Uint8Array,
  { threads, device = "cpu" }: ComputeOptions = {},
): Promise<DemixSession> {
  const { InferenceSession: Session, Tensor } = await onnxRuntime();
  const settings: InferenceSession.SessionOptions = {
    executionProviders: await providersOf(device),
    graphOptimizationLevel: "all",
    // With memory patterns the first runs take seconds longer and 2 GB more.
    enableMemPattern: false,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  };
  const session = await onDevice(device, () => Session.create(graph, settings));
  return {
    async run(wave, spectrum): Promise<SegmentOutput> {
      const outputs = await session.run({
        mix: new Tensor("float32", wave, [1, 2, SEGMENT_SAMPLES]),
        spectrum: new Tensor("float32", spectrum, [1, 4, ...SEGMENT_SPECTRUM]),
      });
      const data = (name: string): Float32Array<ArrayBuffer> =>
        outputs[name]?.data as Float32Array<ArrayBuffer>;
      return { wave: data("wave_out"), spectrum: data("spectrum_out") };
    },
    release: () => session.release(),
  };
}
