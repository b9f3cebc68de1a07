/**
 * Reads an HTDemucs from a `.safetensors` file.
 *
 * @module
 */

import type { HtdemucsCheckpoint } from "../htdemucs/checkpoint.ts";
import { type HtdemucsConfiguration, PUBLISHED_HTDEMUCS } from "../htdemucs/configuration.ts";
import { validateHtdemucsParameters } from "../htdemucs/parameters.ts";
import { readSafetensors } from "./safetensors.ts";
import { bytesSha256 } from "../../core/hash.ts";

/**
 * Reads a separation network; such a file has weights only.
 *
 * @param name the network's registered name, for the result and for errors
 * @param bytes the file, with upstream's parameter names
 * @param configuration sizes; those of the published model unless given
 * @param sha256 the file's SHA-256, hexadecimal, where it is known
 * @returns the checkpoint; half and double precision become f32
 * @throws {ModelError} `format` if the file is malformed, `parameters` if it does not hold this network
 */
export function readSafetensorsCheckpoint(
  name: string,
  bytes: Uint8Array,
  configuration: HtdemucsConfiguration = PUBLISHED_HTDEMUCS,
  sha256: string = bytesSha256(bytes),
): HtdemucsCheckpoint {
  const tensors = readSafetensors(bytes);
  validateHtdemucsParameters(configuration, tensors, name);
  return { name, configuration, tensors, sha256 };
}
