/**
 * Seeded weights: full-size networks with values from a counter-based hash.
 *
 * Parity suites use them because published weights may not be stored in the repository. The rule gives the same bits in
 * numpy, TypeScript and Rust: it uses 32-bit integers, float64 arithmetic and one rounding to float32.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fnv1a32, hash32 } from "../../core/counter_random.ts";
import { elementCount, type Tensor, tensor } from "../../core/tensor.ts";
import { allInOneParameters, type Checkpoint } from "./parameters.ts";
import type { ParameterShape } from "../parameters.ts";
import { DEFAULT_CONFIGURATION } from "./configuration.ts";

/** Range of a parameter's values: `offset ± scale`. */
export interface SeededRange {
  /** Middle of the range. */
  readonly offset: number;
  /** Half the width of the range. */
  readonly scale: number;
}

/**
 * Fills a tensor with seeded values.
 *
 * @param key key of the values in addition to their index: `fold/name` for a network's parameter
 * @param shape length of each axis
 * @param range range of the values
 * @returns f32 values, uniform over the open interval `offset ± scale`
 */
export function seededTensor(
  key: string,
  shape: readonly number[],
  range: SeededRange,
): Tensor<"f32"> {
  const seed = fnv1a32(key);
  const values = new Float32Array(elementCount(shape));
  for (let i = 0; i < values.length; i++) {
    const hash = hash32(seed ^ hash32(i));
    const r = (2 * (hash >>> 8) + 1 - 2 ** 24) / 2 ** 24;
    values[i] = range.offset + range.scale * r;
  }
  return tensor("f32", shape, values);
}

/** Returns the range of an All-In-One parameter: variance 1 / fan-in for weights, norm gains near 1, small biases. */
function allInOneRange({ name, shape }: ParameterShape): SeededRange {
  if (name.endsWith("rpb")) return { offset: 0, scale: 0.5 };
  if (name.endsWith(".bias")) return { offset: 0, scale: 0.05 };
  if (shape.length === 1) return { offset: 1, scale: 0.1 };
  return { offset: 0, scale: Math.sqrt(3 / elementCount(shape.slice(1))) };
}

/**
 * Creates a fold of the seeded All-In-One network.
 *
 * @param fold number of the fold, 0 to 7
 * @returns checkpoint named `seeded-foldN`; its best downbeat threshold is 0.20 + 0.01 · fold
 */
export function seededCheckpoint(fold: number): Checkpoint {
  const configuration = {
    ...DEFAULT_CONFIGURATION,
    fold,
    bestThresholdBeat: 0.19,
    bestThresholdDownbeat: 0.2 + 0.01 * fold,
  };
  const tensors = new Map<string, Tensor<"f32">>();
  const hash = createHash("sha256");
  for (const parameter of allInOneParameters(configuration)) {
    const { name, shape } = parameter;
    const values = seededTensor(`${fold}/${name}`, shape, allInOneRange(parameter));
    tensors.set(name, values);
    hash.update(values.data);
  }
  return { name: `seeded-fold${fold}`, configuration, tensors, sha256: hash.digest("hex") };
}
