/**
 * A checkpoint's parameters in double precision, for folding one into another before they become constants of a graph.
 *
 * @module
 */

import { arrayConstructor, elementCount, type Tensor } from "../../../../core/tensor.ts";
import type { HtdemucsCheckpoint } from "../../../../models/htdemucs/parameters.ts";
import { ModelError } from "../../../../models/model_error.ts";

/** A parameter. */
export interface Parameter {
  /** Length of each axis, in torch's own layout. */
  readonly shape: readonly number[];
  /** The values, C order. */
  readonly values: Float64Array;
}

/** Looks parameters up by upstream's names. */
export class HtdemucsWeights {
  readonly #checkpoint: HtdemucsCheckpoint;

  /** Reads from a checkpoint. */
  constructor(checkpoint: HtdemucsCheckpoint) {
    this.#checkpoint = checkpoint;
  }

  /** A parameter as it is stored, f32. */
  stored(name: string): Tensor<"f32"> {
    const found = this.#checkpoint.tensors.get(name);
    if (found === undefined) {
      throw new ModelError("parameters", `${this.#checkpoint.name} has no parameter ${name}`);
    }
    return found;
  }

  /** A parameter in double precision. */
  get(name: string): Parameter {
    const { shape, data } = this.stored(name);
    return { shape, values: new Float64Array(data) };
  }

  /** A parameter's values in double precision. */
  values(name: string): Float64Array {
    return new Float64Array(this.stored(name).data);
  }
}

/** The element types that a graph computes in. */
export type Precision = "f32" | "f64";

/**
 * Makes a constant of computed values.
 *
 * @param shape length of each axis
 * @param value of the element at an index in C order
 * @param precision element type, f32 unless given
 * @returns values in C order, each rounded at most once
 */
export function computed<P extends Precision = "f32">(
  shape: readonly number[],
  value: (index: number) => number,
  precision?: P,
): Tensor<P> {
  const data = new (arrayConstructor(precision ?? "f32"))(elementCount(shape));
  for (let i = 0; i < data.length; i++) data[i] = value(i);
  return { dtype: precision ?? "f32", shape, data } as Tensor<P>;
}
