/**
 * Centring before a layer norm on a device.
 *
 * @module
 */

import type { GraphBuilder, Value } from "./graph.ts";

/**
 * Subtracts the mean over the last axis, in a graph for a device. ONNX Runtime's layer norm on WebGPU computes a variance as
 * the mean square less the square of the mean: where the mean is seventeen deviations, the result is off by 6.5e-5.
 *
 * @param graph graph that receives the nodes
 * @param x [.., width] f32, input of a layer norm
 * @returns centred values, or in a graph for the CPU x itself
 */
export function addCentring(graph: GraphBuilder, x: Value): Value {
  if (graph.target === "cpu") return x;
  const mean = graph.node("ReduceMean", [x, graph.integers([-1])], { keepdims: 1 });
  return graph.node("Sub", [x, mean]);
}
