import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { tensor } from "../../../core/tensor.ts";
import { GraphBuilder } from "./graph.ts";

Deno.test("GraphBuilder writes a model that ONNX Runtime can run", async () => {
  const graph = new GraphBuilder("example");
  const x = graph.input("x", "f32", ["rows", 2]);
  const weight = graph.constant(tensor("f32", [2, 2], Float32Array.of(1, 2, 3, 4)));
  const product = graph.node("com.microsoft.FusedMatMul", [x, weight], {
    alpha: { float: 0.5 },
    transB: 1,
  });
  const turned = graph.node("Transpose", [product], { perm: [1, 0] });
  graph.output("y", graph.reshape(turned, [-1]), ["values"]);
  const session = await ort.InferenceSession.create(graph.toBytes());
  const input = new ort.Tensor("float32", Float32Array.of(1, 0, 0, 2), [2, 2]);
  const { y } = await session.run({ x: input });
  assert.deepEqual(y!.data, Float32Array.of(0.5, 2, 1.5, 4));
  assert.deepEqual(y!.dims, [4]);
  await session.release();
});

Deno.test("GraphBuilder refuses what a device may lack, and makes weights constants", () => {
  const graph = new GraphBuilder("example", "device");
  const x = graph.input("x", "f32", [1]);
  assert.throws(() => graph.node("com.microsoft.BiasGelu", [x, x]), /for a device cannot have com/);
  assert.throws(
    () => graph.constant(tensor("f64", [1], Float64Array.of(1))),
    /for a device cannot have a constant in float64/,
  );
  graph.weight(tensor("f32", [1], Float32Array.of(1)));
  assert.deepEqual(graph.weights, {});
});
