/**
 * What a network's parameters are, and whether a checkpoint has them.
 *
 * @module
 */

import { elementCount, type Tensor } from "../pipeline/tensor.ts";
import { ModelError } from "./model_error.ts";

/** A parameter of a network. */
export interface ParameterShape {
  /** Upstream's name, such as `encoder.layers.0.timelayer.layernorm_before.weight`. */
  readonly name: string;
  /** Length of each axis, in torch's own layout. */
  readonly shape: readonly number[];
}

/** Names that an error lists of each kind. */
const MOST_NAMES = 12;

/**
 * Compares a checkpoint's tensors with the parameters that it should have.
 *
 * @param parameters names and shapes
 * @param tensors the checkpoint's tensors by name
 * @param complaint how the error begins, such as `fold.npz does not hold the network`
 * @throws {ModelError} `parameters`, naming missing, unexpected and misshapen tensors
 */
export function checkParameters(
  parameters: readonly ParameterShape[],
  tensors: ReadonlyMap<string, Tensor>,
  complaint: string,
): void {
  const expected = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const came = tensors.get(name);
    if (came === undefined) return [];
    const same = came.shape.join() === shape.join() && came.data.length === elementCount(shape);
    return same ? [] : [`${name} (expected [${shape.join(", ")}], got [${came.shape.join(", ")}])`];
  });
  const complaints = [
    list("missing", [...expected.keys()].filter((name) => !tensors.has(name))),
    list("unexpected", [...tensors.keys()].filter((name) => !expected.has(name))),
    list("misshapen", misshapen),
  ].filter((text) => text !== "");
  if (complaints.length > 0) {
    throw new ModelError("parameters", `${complaint}: ${complaints.join("; ")}`);
  }
}

function list(kind: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return `${names.length} ${kind}: ${shown}${names.length > MOST_NAMES ? ", …" : ""}`;
}
