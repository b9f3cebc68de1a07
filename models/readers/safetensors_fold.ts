/**
 * Reads a fold of All-In-One from `.safetensors` and `.yaml`, the form of the weights that ship with the program.
 *
 * @module
 */

import { validateParameters } from "../all_in_one/parameters.ts";
import type { Checkpoint } from "../all_in_one/checkpoint.ts";
import { bytesSha256 } from "../../core/hash.ts";
import { readSafetensors } from "./safetensors.ts";
import { parseYamlConfiguration } from "./yaml_configuration.ts";

/**
 * Reads a fold.
 *
 * @param name the fold's registered name, for the result and for errors
 * @param bytes the `.safetensors` file, with upstream's parameter names and torch's layout; half precision is widened
 * @param configurationText the `.yaml` file
 * @returns the checkpoint, f32
 * @throws {ModelError} if the configuration is not one, or the tensors are not those it calls for
 */
export function readSafetensorsFold(
  name: string,
  bytes: Uint8Array,
  configurationText: string,
): Checkpoint {
  const configuration = parseYamlConfiguration(name, configurationText);
  const tensors = readSafetensors(bytes);
  validateParameters(configuration, tensors, name);
  return { name, configuration, tensors, sha256: bytesSha256(bytes) };
}
