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
