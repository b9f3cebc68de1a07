/**
 * Stage: a mixture to four stems, by HTDemucs.
 *
 * @module
 */

import { openSeparation, SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../kernels/kernels.ts";
import { createDemixSession } from "./backends/onnx_htdemucs.ts";
import { elementCount, type Tensor, tensor } from "./tensor.ts";

/** A separation network. */
export interface DemixModel {
  /** Name in the registry, such as `htdemucs`. */
  readonly name: string;
  /** SHA-256 of the weights. */
  readonly sha256: string;
  /** The network for one segment as the bytes of an ONNX graph. */
  readonly graph: Uint8Array;
}

/** How the stage runs. */
export interface DemixOptions {
  /** Samples, 0 to 22050, that upstream draws at random; null for no shift at all. */
  readonly shift: number | null;
  /** Threads; absent for as many as there are cores. */
  readonly threads?: number;
  /** Called when a segment is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Separates a mixture, segment by segment: while the network runs on one, the kernels prepare the
 * next and join the one before.
 *
 * @param model the network
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @param options shift, threads, progress
 * @returns `[4, 2, samples]` f32, full scale 1.0: bass, drums, other, vocals
 * @throws {KernelError} if there are no samples
 *
 * Source: demucs 4.0.1, `separate.py`, `apply.py`.
 */
export async function demix(
  model: DemixModel,
  mixture: Tensor<"f32">,
  options: DemixOptions,
): Promise<Tensor<"f32">> {
  const separation = await openSeparation(
    mixture.data as Float32Array<ArrayBuffer>,
    options.shift,
  );
  const stems = new Float32Array(4 * mixture.data.length);
  const session = await createDemixSession(model.graph, options.threads);
  // Two sets of inputs: the network reads one while the kernels fill the other.
  const inputs = [0, 1].map(() => ({
    wave: new Float32Array(2 * SEGMENT_SAMPLES),
    spectrum: new Float32Array(4 * elementCount(SEGMENT_SPECTRUM)),
  }));
  const prepare = async (index: number): Promise<void> => {
    const input = inputs[index % 2];
    if (input === undefined || index >= separation.segments) return;
    await separation.input(index, input.wave, input.spectrum);
  };
  let joining = Promise.resolve(0);
  let preparing = prepare(0);
  try {
    for (let index = 0; index < separation.segments; index++) {
      await preparing;
      preparing = prepare(index + 1);
      const input = inputs[index % 2]!;
      const output = await session.run(input.wave, input.spectrum);
      await joining;
      joining = separation.output(index, output.wave, output.spectrum, stems);
      options.onProgress?.(index + 1, separation.segments);
    }
    await joining;
  } finally {
    await Promise.allSettled([preparing, joining]);
    separation.close();
    await session.release();
  }
  return tensor("f32", [4, ...mixture.shape], stems);
}
