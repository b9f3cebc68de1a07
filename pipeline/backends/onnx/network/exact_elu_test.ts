import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { GraphBuilder } from "../graph.ts";
import { addExactElu } from "./exact_elu.ts";

Deno.test("addExactElu() is the ELU to half a unit of single precision", async () => {
  const data = Float32Array.from({ length: 40_001 }, (_, i) => (i - 36_000) / 1000);
  const graph = new GraphBuilder("elu", "device");
  const x = graph.input("x", "f32", [data.length]);
  graph.output("y", addExactElu(graph, x), [data.length]);
  const session = await ort.InferenceSession.create(graph.toBytes());
  const { y } = await session.run({ x: new ort.Tensor("float32", data, [data.length]) });
  const worst = (y!.data as Float32Array).reduce((most, value, i) => {
    const exact = data[i]! > 0 ? data[i]! : Math.expm1(data[i]!);
    return Math.max(most, Math.abs(value - exact));
  }, 0);
  // The spacing of floats below one is 6.0e-8.
  assert.ok(worst < 3.6e-8, `off by ${worst}`);
  await session.release();
});
