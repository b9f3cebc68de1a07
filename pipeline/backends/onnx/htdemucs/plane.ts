/**
 * Planes: the tensors between the layers of the separation network; and its parameters, also in double precision.
 *
 * @module
 */

import { arrayConstructor, elementCount, type Tensor } from "../../../../core/tensor.ts";
import type { HtdemucsConfiguration } from "../../../../models/htdemucs/configuration.ts";
import type { HtdemucsCheckpoint } from "../../../../models/htdemucs/parameters.ts";
import { ModelError } from "../../../../models/model_error.ts";
import { DATA_TYPES, type GraphBuilder, type Value } from "../graph.ts";

/** A parameter in double precision. */
export interface Parameter {
  /** Length of each axis, in torch's layout. */
  readonly shape: readonly number[];
  /** Values in C order. */
  readonly values: Float64Array;
}

/** Parameters of a checkpoint by upstream's names. */
export class HtdemucsWeights {
  readonly #checkpoint: HtdemucsCheckpoint;

  /** Reads from a checkpoint. */
  constructor(checkpoint: HtdemucsCheckpoint) {
    this.#checkpoint = checkpoint;
  }

  /** Returns a parameter as it is stored, f32. */
  stored(name: string): Tensor<"f32"> {
    const found = this.#checkpoint.tensors.get(name);
    if (found === undefined) {
      throw new ModelError("parameters", `${this.#checkpoint.name} has no parameter ${name}`);
    }
    return found;
  }

  /** Returns a parameter in double precision. */
  get(name: string): Parameter {
    const { shape, data } = this.stored(name);
    return { shape, values: new Float64Array(data) };
  }

  /** Returns the values of a parameter in double precision. */
  values(name: string): Float64Array {
    return new Float64Array(this.stored(name).data);
  }
}

/** Element types that a graph computes in. */
export type Precision = "f32" | "f64";

/**
 * Computes the values of a constant.
 *
 * @param shape length of each axis
 * @param value returns the element at an index in C order
 * @param precision element type, f32 by default
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

/** Graph that layers are added to, and the network that they belong to. */
export interface Network {
  /** Graph that receives the nodes. */
  readonly graph: GraphBuilder;
  /** Parameters of the network. */
  readonly weights: HtdemucsWeights;
  /** Sizes of the network. */
  readonly configuration: HtdemucsConfiguration;
  /** Largest array of attention scores in a graph for a device, bytes; absent for 64 MiB. */
  readonly scoresBytes?: number;
}

/** A tensor in a graph: [1, channels, rows, length] of the spectrogram, or [1, channels, length] of the wave. */
export interface Plane {
  /** Name of the tensor. */
  readonly value: Value;
  /** Length of the second axis. */
  readonly channels: number;
  /** Number of frequencies; `null` for the wave. */
  readonly rows: number | null;
  /** Length of the last axis, frames or samples. */
  readonly length: number;
  /** Element type. */
  readonly precision: Precision;
}

/** Converts a plane to a precision. */
export function inPrecision(graph: GraphBuilder, x: Plane, precision: Precision): Plane {
  if (x.precision === precision) return x;
  return { ...x, precision, value: graph.node("Cast", [x.value], { to: DATA_TYPES[precision] }) };
}

/** Returns the kernel of a convolution along the last axis. */
export function alongLength({ rows }: Plane, taps: number): number[] {
  return rows === null ? [taps] : [1, taps];
}

/** Returns the kernel or stride of a convolution along the frequencies of the spectrogram or along the wave. */
export function alongFirst({ rows }: Plane, taps: number): number[] {
  return rows === null ? [taps] : [taps, 1];
}

/** Returns the padding at both ends of the axis of {@linkcode alongFirst}. */
export function padFirst({ rows }: Plane, before: number, after: number): number[] {
  return rows === null ? [before, after] : [before, 0, after, 0];
}

/** Returns the shape of a plane. */
export function planeShape({ channels, rows, length }: Plane): number[] {
  return rows === null ? [1, channels, length] : [1, channels, rows, length];
}
