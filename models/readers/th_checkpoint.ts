/**
 * Reads an HTDemucs as demucs publishes it: a `.th` file with the class, its arguments and the weights.
 *
 * Source: `demucs.states.serialize_model` (demucs 4.0.1), for the format.
 *
 * @module
 */

import type { HtdemucsCheckpoint } from "../htdemucs/checkpoint.ts";
import { parseHtdemucsConfiguration } from "../htdemucs/configuration.ts";
import { validateHtdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { bytesSha256 } from "../../core/hash.ts";
import { PickleGlobal, PickleTuple, type PickleValue } from "../torch/pickle_value.ts";
import { realTensors } from "../torch/state.ts";
import { readTorchFile } from "../torch/torch_file.ts";

/** The one class that is read; it stays a name. */
const HTDEMUCS = "demucs.htdemucs.HTDemucs";

/**
 * Reads a separation network.
 *
 * @param name the network's registered name, for the result and for errors
 * @param bytes the `.th` file
 * @param sha256 its SHA-256, hexadecimal, where it is known
 * @returns the checkpoint; half and double precision become f32
 * @throws {ModelError} `forbidden` if the file names any other class or function, `configuration` for arguments that are
 *   not supported, `parameters` if the weights do not fit them, `format` for anything else
 */
export function readThCheckpoint(
  name: string,
  bytes: Uint8Array,
  sha256: string = bytesSha256(bytes),
): HtdemucsCheckpoint {
  const file = readTorchFile(bytes, { allowedNames: [HTDEMUCS] });
  const entry = (key: string): PickleValue | undefined =>
    file instanceof Map ? file.get(key) : undefined;
  const [klass, args, kwargs, state] = ["klass", "args", "kwargs", "state"].map(entry);
  if (!(klass instanceof PickleGlobal) || klass.name !== HTDEMUCS) {
    throw new ModelError("format", `${name}: expected a file whose klass is ${HTDEMUCS}`);
  }
  if (!(kwargs instanceof Map) || !(state instanceof Map)) {
    throw new ModelError("format", `${name}: the file has no kwargs and state`);
  }
  const positional = args instanceof PickleTuple ? args.items : [];
  if (positional.length > 1) {
    throw new ModelError(
      "configuration",
      `${name}: expected at most one argument without a name (sources), but got ${positional.length}`,
    );
  }
  const named = positional.map((sources): [string, PickleValue] => ["sources", sources]);
  const configuration = parseHtdemucsConfiguration(new Map([...named, ...kwargs]));
  const tensors = realTensors(state, `${name}, state`);
  validateHtdemucsParameters(configuration, tensors, name);
  return { name, configuration, tensors, sha256 };
}
