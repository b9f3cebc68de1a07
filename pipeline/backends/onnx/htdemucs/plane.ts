/**
 * The tensors that the encoders and decoders pass on.
 *
 * @module
 */

import type { GraphBuilder, Value } from "../graph.ts";
import type { HtdemucsConfiguration } from "../../../../models/htdemucs/configuration.ts";
import { DATA_TYPES } from "../schema.ts";
import type { HtdemucsWeights, Precision } from "./weights.ts";

/** Where layers are added, and whose. */
export interface Network {
  /** Where the nodes go. */
  readonly graph: GraphBuilder;
  /** The parameters. */
  readonly weights: HtdemucsWeights;
  /** Sizes. */
  readonly configuration: HtdemucsConfiguration;
}

/** A tensor in a graph: [1, channels, rows, length] of the spectrogram, or [1, channels, length] of the wave. */
export interface Plane {
  /** The tensor. */
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

/** A plane in another precision. */
export function inPrecision(graph: GraphBuilder, x: Plane, precision: Precision): Plane {
  if (x.precision === precision) return x;
  return { ...x, precision, value: graph.node("Cast", [x.value], { to: DATA_TYPES[precision] }) };
}

/** The kernel of a convolution along the last axis. */
export function alongLength({ rows }: Plane, taps: number): number[] {
  return rows === null ? [taps] : [1, taps];
}

/** The kernel, or stride, of a convolution along the frequencies of the spectrogram or along the wave. */
export function alongFirst({ rows }: Plane, taps: number): number[] {
  return rows === null ? [taps] : [taps, 1];
}

/** Padding at both ends of the axis of {@linkcode alongFirst}. */
export function padFirst({ rows }: Plane, before: number, after: number): number[] {
  return rows === null ? [before, after] : [before, 0, after, 0];
}

/** A plane's shape. */
export function planeShape({ channels, rows, length }: Plane): number[] {
  return rows === null ? [1, channels, length] : [1, channels, rows, length];
}
