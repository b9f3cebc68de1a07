/**
 * Reads All-In-One folds in the format of the MLX port: `.npz` and `.yaml`.
 *
 * @module
 */

import { bytesSha256 } from "../../core/hash.ts";
import { readNpz } from "../../core/npz.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { type Checkpoint, validateParameters } from "../all_in_one/parameters.ts";
import { ModelError } from "../model_error.ts";
import { parseYamlConfiguration } from "./yaml.ts";

/**
 * Reads a fold.
 *
 * @param name registered name of the fold, for the result and for errors
 * @param archive content of the `.npz` file; convolutions are stored as [out, height, width, in]
 * @param configurationText content of the `.yaml` file
 * @returns checkpoint with convolutions in torch's layout
 * @throws {ModelError} if the configuration is malformed, or the arrays do not fit it
 */
export function readNpzCheckpoint(
  name: string,
  archive: Uint8Array,
  configurationText: string,
): Checkpoint {
  const configuration = parseYamlConfiguration(name, configurationText);
  const tensors = new Map<string, Tensor<"f32">>();
  for (const [key, array] of readNpz(archive)) {
    if (array.dtype !== "f32") {
      throw new ModelError("format", `${name}: array ${key} is ${array.dtype}, expected f32`);
    }
    const values = array as Tensor<"f32">;
    tensors.set(key, values.shape.length === 4 ? channelsFirst(values) : values);
  }
  validateParameters(configuration, tensors, name);
  const sha256 = bytesSha256(archive);
  return { name, configuration, tensors, sha256 };
}

/** Transposes [out, height, width, in] to [out, in, height, width]. */
function channelsFirst({ shape, data }: Tensor<"f32">): Tensor<"f32"> {
  const [outputs, height, width, inputs] = shape as [number, number, number, number];
  const area = height * width;
  const moved = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) {
    for (let p = 0; p < area; p++) {
      for (let i = 0; i < inputs; i++) {
        moved[(o * inputs + i) * area + p] = data[(o * area + p) * inputs + i]!;
      }
    }
  }
  return tensor("f32", [outputs, inputs, height, width], moved);
}
