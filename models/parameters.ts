/**
 * Parameters of networks: names and shapes, and checks of a checkpoint against them.
 *
 * @module
 */

import { elementCount, type Tensor } from "../core/tensor.ts";
import { ModelError } from "./model_error.ts";

/** A parameter of a network. */
export interface ParameterShape {
  /** Name as in upstream, such as `encoder.layers.0.timelayer.layernorm_before.weight`. */
  readonly name: string;
  /** Length of each axis, in torch's own layout. */
  readonly shape: readonly number[];
}

/** Number of names of each kind that an error lists. */
const MOST_NAMES = 12;

/**
 * Compares the tensors of a checkpoint with the parameters of its network.
 *
 * @param parameters expected names and shapes
 * @param tensors tensors of the checkpoint by name
 * @param errorPrefix start of the error message, such as `fold.npz does not hold the network`
 * @throws {ModelError} `parameters`, naming missing, unexpected and misshapen tensors
 */
export function checkParameters(
  parameters: readonly ParameterShape[],
  tensors: ReadonlyMap<string, Tensor>,
  errorPrefix: string,
): void {
  const expected = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const found = tensors.get(name);
    if (found === undefined) return [];
    const same = found.shape.join() === shape.join() && found.data.length === elementCount(shape);
    return same
      ? []
      : [`${name} (expected [${shape.join(", ")}], got [${found.shape.join(", ")}])`];
  });
  const problems = [
    list("missing", [...expected.keys()].filter((name) => !tensors.has(name))),
    list("unexpected", [...tensors.keys()].filter((name) => !expected.has(name))),
    list("misshapen", misshapen),
  ].filter((text) => text !== "");
  if (problems.length > 0) {
    throw new ModelError("parameters", `${errorPrefix}: ${problems.join("; ")}`);
  }
}

function list(kind: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return `${names.length} ${kind}: ${shown}${names.length > MOST_NAMES ? ", …" : ""}`;
}

/**
 * Joins parameters for the kernels.
 *
 * @param parameters names and shapes, in the order of upstream's `state_dict`
 * @param checkpoint the tensors by name, and what to call them in the error
 * @returns all values in one array, in that order
 * @throws {ModelError} `parameters`, naming the first that is missing or of another size
 */
export function packParameters(
  parameters: readonly ParameterShape[],
  { name, tensors }: {
    readonly name: string;
    readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  },
): Float32Array<ArrayBuffer> {
  const count = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const packed = new Float32Array(count);
  let at = 0;
  for (const parameter of parameters) {
    const found = tensors.get(parameter.name);
    if (found === undefined || found.data.length !== elementCount(parameter.shape)) {
      throw new ModelError("parameters", `${name} has no parameter ${parameter.name} of its size`);
    }
    packed.set(found.data, at);
    at += found.data.length;
  }
  return packed;
}
