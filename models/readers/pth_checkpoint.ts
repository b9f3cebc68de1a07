/**
 * Reads an All-In-One fold as upstream publishes it: a `.pth` file with `config` and `state_dict`.
 *
 * @module
 */

import { validateParameters } from "../all_in_one/parameters.ts";
import type { Checkpoint } from "../all_in_one/checkpoint.ts";
import { parseConfiguration } from "../all_in_one/configuration.ts";
import { ModelError } from "../model_error.ts";
import { realTensors } from "../torch/state.ts";
import { readTorchFile } from "../torch/torch_file.ts";
import { bytesSha256 } from "../../core/hash.ts";

/**
 * Reads a fold.
 *
 * @param name the fold's registered name, for the result and for errors
 * @param bytes the `.pth` file
 * @returns the checkpoint; half and double precision become f32
 * @throws {ModelError} if the file holds anything but a configuration and the tensors it calls for
 */
export function readPthCheckpoint(name: string, bytes: Uint8Array): Checkpoint {
  const file = readTorchFile(bytes);
  const config = file instanceof Map ? file.get("config") : undefined;
  const state = file instanceof Map ? file.get("state_dict") : undefined;
  if (config === undefined || !(state instanceof Map)) {
    throw new ModelError("format", `${name}: the file has no config and state_dict`);
  }
  const configuration = parseConfiguration(config);
  const tensors = realTensors(state, name);
  validateParameters(configuration, tensors, name);
  const sha256 = bytesSha256(bytes);
  return { name, configuration, tensors, sha256 };
}
