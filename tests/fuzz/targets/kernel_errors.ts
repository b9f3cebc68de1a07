/**
 * Which errors of the kernels are refusals.
 *
 * @module
 */

import { KernelError } from "../../../kernels/mod.ts";

/** What the kernels say when one of them panicked outside the codecs. */
const OWN_FAULT = /defect in tactus/;

/**
 * Whether the kernels refused an input.
 *
 * A panic in a codec that is not ours is refused by design: it is caught and told as such. One in our
 * own code is a defect, although its error has the same type.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof KernelError && !OWN_FAULT.test(error.message);
}
