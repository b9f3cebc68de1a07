/**
 * Reads checkpoints that torch wrote: All-In-One folds (`.pth` with `config` and `state_dict`) and HTDemucs (`.th` with the
 * class, its arguments and the weights).
 *
 * Source: `demucs.states.serialize_model` (demucs 4.0.1), for the format of `.th`.
 *
 * @module
 */

import { bytesSha256 } from "../../core/hash.ts";
import type { Tensor } from "../../core/tensor.ts";
import { parseConfiguration } from "../all_in_one/configuration.ts";
import { type Checkpoint, validateParameters } from "../all_in_one/parameters.ts";
import { parseHtdemucsConfiguration } from "../htdemucs/configuration.ts";
import { type HtdemucsCheckpoint, validateHtdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { PickleGlobal, PickleTuple, type PickleValue } from "../torch/pickle.ts";
import { readTorchFile, TorchTensor } from "../torch/torch_file.ts";

/**
 * Reads a fold of All-In-One.
 *
 * @param name registered name of the fold, for the result and for errors
 * @param bytes content of the `.pth` file
 * @returns checkpoint; half and double precision become f32
 * @throws {ModelError} if the file holds anything except a configuration and the tensors that it requires
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

/** The only class that a `.th` file may name. */
const HTDEMUCS = "demucs.htdemucs.HTDemucs";

/**
 * Reads an HTDemucs.
 *
 * @param name registered name of the network, for the result and for errors
 * @param bytes content of the `.th` file
 * @param sha256 SHA-256 of the file, hexadecimal, if it is already known
 * @returns checkpoint; half and double precision become f32
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

/**
 * Reads a state dict that has only tensors of real numbers.
 *
 * @param state dict of the file
 * @param place name of the dict for errors, such as `fold.pth`
 * @returns tensors by name, in the order of the file
 * @throws {ModelError} `format`, naming the first entry of another kind
 */
function realTensors(
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
