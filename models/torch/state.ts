/**
 * The tensors of a state dict.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import { ModelError } from "../model_error.ts";
import type { PickleValue } from "./pickle_value.ts";
import { TorchTensor } from "./torch_file.ts";

/**
 * Reads a state dict whose entries are all tensors of real numbers.
 *
 * @param state the dict of the file
 * @param place what to call the dict in an error, such as `fold.pth`
 * @returns the tensors by name, in the order of the file
 * @throws {ModelError} `format`, naming the entry that is something else
 */
export function realTensors(
  state: ReadonlyMap<PickleValue, PickleValue>,
  place: string,
): Map<string, Tensor<"f32">> {
  const tensors = new Map<string, Tensor<"f32">>();
  for (const [key, value] of state) {
    if (
      typeof key !== "string" || !(value instanceof TorchTensor) || value.tensor.dtype !== "f32"
    ) {
      throw new ModelError(
        "format",
        `${place}: entry ${String(key)} is not a tensor of real numbers` +
          (key === "__quantized" ? "; quantized models are not supported" : ""),
      );
    }
    tensors.set(key, value.tensor as Tensor<"f32">);
  }
  return tensors;
}
