/**
 * Runs the separation network with ONNX Runtime.
 *
 * `run()` keeps the calling thread busy; the kernels' own threads go on meanwhile.
 *
 * @module
 */

import type { InferenceSession } from "onnxruntime-node";
import { SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../kernels/kernels.ts";

/** What the network makes of one segment. */
export interface SegmentOutput {
  /** `[4, 2, 343980]` f32, normalised; drums, bass, other, vocals. */
  readonly wave: Float32Array<ArrayBuffer>;
  /** `[4, 4, 2048, 336]` f32, normalised. */
  readonly spectrum: Float32Array<ArrayBuffer>;
}

/** A network that is ready to run. */
export interface DemixSession {
  /**
   * Runs one segment.
   *
   * @param wave `[2, 343980]` f32, normalised
   * @param spectrum `[4, 2048, 336]` f32, normalised
   */
  run(wave: Float32Array, spectrum: Float32Array): Promise<SegmentOutput>;
  /** Frees the network's memory; it cannot run again. */
  release(): Promise<void>;
}

/**
 * Loads a network.
 *
 * @param graph bytes of the ONNX graph that `models/htdemucs.ts` builds
 * @param threads threads of an operator; ONNX Runtime's own choice when absent
 */
export async function createDemixSession(
  graph: Uint8Array,
  threads?: number,
): Promise<DemixSession> {
  const { InferenceSession: Session, Tensor } = await import("onnxruntime-node");
  const session: InferenceSession = await Session.create(graph, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    // With memory patterns the first runs take seconds longer and 2 GB more.
    enableMemPattern: false,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
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
