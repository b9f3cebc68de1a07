/**
 * Inner seams: the arrays that pass between the operations of a kernel.
 *
 * @module
 */

import { arrayConstructor, elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { close, type Handle, invoke } from "./binding.ts";

/** Handle of a recorder of inner seams; functions that take one record into it. */
export interface SeamRecorder {
  /** The recorder's handle. */
  readonly handle: Handle;
}

/** The handle of a recorder, or the one that stands for none. */
export function recorderHandle(recorder: SeamRecorder | undefined): Handle {
  return recorder?.handle ?? 0n;
}

/** Element types of recorded seams. */
export type SeamDType = "i16" | "f32" | "f64";

interface SeamDescription {
  readonly name: string;
  readonly dtype: SeamDType;
  readonly shape: readonly number[];
}

/** Room for the descriptions of all seams, bytes of JSON. */
const DESCRIPTION_BYTES = 64 * 1024;

/**
 * Records the inner seams of kernels.
 *
 * @param run calls kernels with the recorder
 * @returns all recorded seams by name, in the order of the computation
 * @throws {KernelError} as `run`
 *
 * @example
 * ```ts
 * import { deepStrictEqual as equal } from "node:assert/strict";
 * import { computeSpectrogram, recordSeams } from "./mod.ts";
 * const seams = await recordSeams((recorder) =>
 *   computeSpectrogram(new Int16Array(882), 2, new Float32Array(81), recorder)
 * );
 * equal([...seams.keys()], ["mono", "windowed", "magnitude", "filtered"]);
 * ```
 */
export async function recordSeams(
  run: (recorder: SeamRecorder) => Promise<unknown>,
): Promise<Map<string, Tensor<SeamDType>>> {
  const handles = new BigUint64Array(1);
  await invoke("tactus_seams_open", handles);
  const [handle = 0n] = handles;
  try {
    await run({ handle });
    const seams = new Map<string, Tensor<SeamDType>>();
    for (const [index, { name, dtype, shape }] of (await describe(handle)).entries()) {
      const data = new (arrayConstructor(dtype))(elementCount(shape));
      await invoke("tactus_seams_take", handle, index, new Uint8Array(data.buffer));
      seams.set(name, tensor(dtype, shape, data));
    }
    return seams;
  } finally {
    close("tactus_seams_close", handle);
  }
}

async function describe(handle: Handle): Promise<SeamDescription[]> {
  const description = new Uint8Array(DESCRIPTION_BYTES);
  const written = new BigUint64Array(1);
  await invoke("tactus_seams_describe", handle, description, written);
  return JSON.parse(new TextDecoder().decode(description.subarray(0, Number(written[0]))));
}
