/**
 * What every array that a reader returns must be.
 *
 * @module
 */

import { arrayConstructor, elementCount, type Tensor } from "../../../core/tensor.ts";
import { expect } from "../target.ts";

/** Fails unless the elements are as many as the shape says, and of the type that is claimed. */
export function expectSound(name: string, array: Tensor): void {
  const { dtype, shape, data } = array;
  expect(data instanceof arrayConstructor(dtype), `${name} claims ${dtype} and is ${data}`);
  expect(
    shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
      data.length === elementCount(shape),
    `${name} has shape [${shape.join(", ")}] and ${data.length} elements`,
  );
}
