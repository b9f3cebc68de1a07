/**
 * Access to the inner seams of a stage: the arrays that pass between its operations.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";

/** Receives an inner seam by its name. The stage runs slower then, and takes more memory. */
export type InnerSeamObserver = (name: string, values: Tensor) => void;
