/**
 * Backends of the networks, and the options that choose one.
 *
 * @module
 */

import type { Precision } from "../../kernels/precision.ts";

/** All backends. */
export const BACKENDS: readonly Backend[] = ["native", "onnx"];

/** Backend of a network: `native`, the project's own kernels on the CPU, or `onnx`, ONNX Runtime. */
export type Backend = "native" | "onnx";

/** How networks are computed. One object goes from the command line to the sessions. */
export interface ComputeOptions {
  /** Backend; absent for `native` on the CPU and `onnx` on any other device. */
  readonly backend?: Backend;
  /** Device that ONNX Runtime computes on; absent for `cpu`. */
  readonly device?: string;
  /** Threads of the networks; absent for one for each core (`native`) or ONNX Runtime's choice. */
  readonly threads?: number;
  /** Precision of the products of a separation network; absent for `f32`, which the backend `onnx` always has. */
  readonly precision?: Precision;
}

/** Returns the precision of the products of a separation network. */
export function precisionOf(compute: ComputeOptions = {}): Precision {
  return backendOf(compute) === "native" ? compute.precision ?? "f32" : "f32";
}

/** Returns the backend that options choose. */
export function backendOf({ backend, device = "cpu" }: ComputeOptions = {}): Backend {
  return backend ?? (device === "cpu" ? "native" : "onnx");
}

/** Returns the backend that a backend is compared with. */
export function otherBackend(backend: Backend): Backend {
  return backend === "native" ? "onnx" : "native";
}
