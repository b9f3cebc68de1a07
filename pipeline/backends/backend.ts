/**
 * Who can compute the networks.
 *
 * @module
 */

/** Everybody who can. */
export const BACKENDS: readonly Backend[] = ["native", "onnx"];

/** Who computes a network: our own kernels, on the processor, or ONNX Runtime. */
export type Backend = "native" | "onnx";

/** Who computes networks on a device unless somebody else is named. */
export function backendFor(device = "cpu"): Backend {
  return device === "cpu" ? "native" : "onnx";
}

/** Who judges a backend: the other one. */
export function otherBackend(backend: Backend): Backend {
  return backend === "native" ? "onnx" : "native";
}
