/**
 * Reads the published All-In-One folds in the form that the MLX port stores them: `.npz` and `.yaml`.
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
 * @param name the fold's registered name, for the result and for errors
 * @param archive the `.npz` file; convolutions are stored [out, height, width, in]
 * @param configurationText the `.yaml` file
 * @returns the checkpoint, its convolutions in torch's layout
 * @throws {ModelError} if the configuration is not one, or the arrays are not those it calls for
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

/** [out, height, width, in] to [out, in, height, width]. */
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
