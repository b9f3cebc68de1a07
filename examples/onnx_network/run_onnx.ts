/**
 * The network in ONNX Runtime.
 *
 *     deno run --allow-read --allow-write --allow-env --allow-sys --allow-ffi run_onnx.ts INPUT OUT SEAMS [--mixer FILE]
 *
 * INPUT is a .npy file, [4, frames] f32. OUT gets a .npy file for each seam and timings.jsonl. A stage starts from a
 * seam in the folder SEAMS where it has one.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type FloatArray, readNpy, Seams } from "../npy.ts";

const [input = "", out = "", given = "", , mixerFile = "mixer.onnx"] = Deno.args;

/** Runs a model with one input. */
async function run(
  model: string,
  name: string,
  array: FloatArray,
): Promise<Record<string, FloatArray>> {
  const session = await InferenceSession.create(fileURLToPath(new URL(model, import.meta.url)));
  try {
    const outputs = await session.run({ [name]: new Tensor("float32", array.data, array.shape) });
    return Object.fromEntries(
      Object.entries(outputs).map(([seam, { dims, data }]) => [
        seam,
        { shape: [...dims], data: data as Float32Array },
      ]),
    );
  } finally {
    await session.release();
  }
}

const seams = new Seams(out, given);
const signal = await readNpy(input);
const { features } = await seams.stage("encoder", () => run("encoder.onnx", "signal", signal));
const { mixed } = await seams.stage("mixer", () => run(mixerFile, "features", features!));
await seams.stage("head", () => run("head.onnx", "mixed", mixed!));
