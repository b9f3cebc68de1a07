/**
 * A network's weights, wherever they came from.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import type { AllInOneConfiguration } from "./configuration.ts";

/** The configuration and the weights of one fold of All-In-One. */
export interface Checkpoint {
  /** The fold's registered name, such as `harmonix-fold3`. */
  readonly name: string;
  /** Sizes and thresholds. */
  readonly configuration: AllInOneConfiguration;
  /** The parameters by upstream's names, f32, in torch's own layout ([out, in, height, width] for convolutions). */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /** SHA-256, in hexadecimal, of the weights file, or of all values in order where there is no file. */
  readonly sha256: string;
}
