/**
 * Runs the separation network with ONNX Runtime.
 *
 * `run()` blocks the calling thread; the threads of the native kernels continue meanwhile.
 *
 * @module
 */

import { SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../../kernels/mod.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";
import type { ComputeOptions } from "../backend.ts";
import { onDevice } from "../devices.ts";
import { onnxRuntime } from "./runtime.ts";
import { sessionSettings } from "./session_settings.ts";

/**
 * Creates a session of the network.
 *
 * @param graph ONNX graph of `buildHtdemucs()` for the CPU or for a device
 * @param compute threads and device
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device, or it cannot be started
 */
export async function createDemixSession(
  graph: Uint8Array,
  compute: ComputeOptions = {},
): Promise<DemixSession> {
  const { InferenceSession: Session, Tensor } = await onnxRuntime();
  const settings = await sessionSettings(compute);
  const session = await onDevice(compute.device ?? "cpu", () => Session.create(graph, settings));
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
