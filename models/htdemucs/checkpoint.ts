/**
 * The weights of a Hybrid Transformer Demucs, wherever they came from.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import type { HtdemucsConfiguration } from "./configuration.ts";

/** The configuration and the weights of a separation network. */
export interface HtdemucsCheckpoint {
  /** The registered name, such as `htdemucs`. */
  readonly name: string;
  /** Sizes. */
  readonly configuration: HtdemucsConfiguration;
  /** The parameters by upstream's names, f32, in torch's own layout ([out, in, height, width] for convolutions). */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /** SHA-256, in hexadecimal, of the weights file, or of all values in order where there is no file. */
  readonly sha256: string;
}
