/**
 * Who can compute the networks.
 *
 * @module
 */

/** Everybody who can. */
export const BACKENDS = ["native", "onnx"] as const;

/** Who computes a network: our own kernels, on the processor, or ONNX Runtime. */
export type Backend = typeof BACKENDS[number];

/** Who computes networks on a device unless somebody else is named. */
export function backendFor(device = "cpu"): Backend {
  return device === "cpu" ? "native" : "onnx";
}
