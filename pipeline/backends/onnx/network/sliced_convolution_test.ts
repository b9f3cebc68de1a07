import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { tensor } from "../../../../core/tensor.ts";
import { seededTensor } from "../../../../models/all_in_one/seeded.ts";
import { GraphBuilder } from "../graph.ts";
import { addSlicedConvolution } from "./sliced_convolution.ts";

Deno.test("addSlicedConvolution() rounds a sum of 256 products only at its end", async () => {
  const [inputs, outputs, columns] = [256, 3, 50];
  const x = seededTensor("sliced.x", [1, inputs, 1, columns], { offset: 0.5, scale: 3 });
  const weight = seededTensor("sliced.w", [outputs, inputs, 1, 1], { offset: 0, scale: 1 });
  const bias = tensor("f32", [outputs], Float32Array.of(1, -2, 0));
  const graph = new GraphBuilder("sliced", "device");
  const y = addSlicedConvolution(graph, graph.input("x", "f32", x.shape), {
    ...{ weight, bias, attributes: { kernel_shape: [1, 1] } },
  });
  graph.output("y", y, [1, outputs, 1, columns]);
  const session = await ort.InferenceSession.create(graph.toBytes());
  const { weights } = graph.weights;
  const { y: found } = await session.run({
    x: new ort.Tensor("float32", x.data, x.shape),
    weights: new ort.Tensor("float32", weights!.data as Float32Array, weights!.shape),
  });
  for (let o = 0; o < outputs; o++) {
    for (let column = 0; column < columns; column++) {
      let sum = bias.data[o]!;
      for (let i = 0; i < inputs; i++) {
        sum += weight.data[o * inputs + i]! * x.data[i * columns + column]!;
      }
      const error = Math.abs((found!.data as Float32Array)[o * columns + column]! - sum);
      assert.ok(error <= 2e-7 * Math.max(1, Math.abs(sum)), `${error} at a sum of ${sum}`);
    }
  }
  await session.release();
});
