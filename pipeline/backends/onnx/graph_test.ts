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

Deno.test("GraphBuilder refuses what a device may lack", () => {
  const graph = new GraphBuilder("example", "device");
  const x = graph.input("x", "f32", [1]);
  const wide = tensor("f64", [1], Float64Array.of(1));
  assert.throws(() => graph.node("com.microsoft.BiasGelu", [x, x]), /for a device cannot have com/);
  assert.throws(() => graph.constant(wide), /for a device cannot have a constant in float64/);
  assert.throws(() => graph.weight(wide), /A weight for a device cannot be f64/);
});

Deno.test("GraphBuilder joins the weights of a graph for a device in one input", async () => {
  const graph = new GraphBuilder("example", "device");
  const x = graph.input("x", "f32", [2]);
  const matrix = graph.weight(tensor("f32", [2, 2], Float32Array.of(1, 2, 3, 4)));
  const offset = graph.weight(tensor("f32", [2], Float32Array.of(10, 20)));
  graph.output("y", graph.node("Add", [graph.node("MatMul", [x, matrix]), offset]), [2]);
  const session = await ort.InferenceSession.create(graph.toBytes());
  assert.deepEqual(session.inputNames, ["x", "weights"]);
  const { weights } = graph.weights;
  const { y } = await session.run({
    x: new ort.Tensor("float32", Float32Array.of(1, 1), [2]),
    weights: new ort.Tensor("float32", weights!.data as Float32Array, weights!.shape),
  });
  assert.deepEqual(y!.data, Float32Array.of(14, 26));
  await session.release();
});
