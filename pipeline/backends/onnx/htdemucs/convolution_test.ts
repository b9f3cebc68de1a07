import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { GraphBuilder } from "../graph.ts";
import { seededTensor } from "../../../../models/all_in_one/seeded.ts";
import {
  addConvolution,
  addGate,
  addGelu,
  addStridedConvolution,
  type Convolution,
} from "./convolution.ts";
import { inPrecision, type Plane } from "./plane.ts";

const LENGTH = 103;
const CHANNELS = 3;

function seeded(name: string, outputs: number, taps: number): Convolution {
  const values = (part: string, shape: number[]): Float32Array =>
    seededTensor(`${name} ${part}`, shape, { offset: 0, scale: 1 }).data;
  return {
    weight: values("weight", [outputs, CHANNELS, taps]),
    bias: values("bias", [outputs]),
    outputs,
  };
}

/** Runs the same operation in both precisions. */
async function both(
  add: (graph: GraphBuilder, x: Plane) => Plane,
): Promise<{ single: Float32Array; double: Float32Array }> {
  const shape = [1, CHANNELS, LENGTH];
  const graph = new GraphBuilder("convolution");
  const value = graph.input("x", "f32", shape);
  const x: Plane = { value, channels: CHANNELS, rows: null, length: LENGTH, precision: "f32" };
  for (const precision of ["f32", "f64"] as const) {
    const y = inPrecision(graph, add(graph, inPrecision(graph, x, precision)), "f32");
    graph.output(precision, y.value, [1, y.channels, y.length]);
  }
  const session = await ort.InferenceSession.create(graph.toBytes());
  const { data } = seededTensor("x", shape, { offset: 0, scale: 2 });
  const outputs = await session.run({ x: new ort.Tensor("float32", data, shape) });
  await session.release();
  return {
    single: outputs["f32"]!.data as Float32Array,
    double: outputs["f64"]!.data as Float32Array,
  };
}

const OPERATIONS: Readonly<Record<string, (graph: GraphBuilder, x: Plane) => Plane>> = {
  "addConvolution() of one tap": (graph, x) => addConvolution(graph, x, seeded("a", 4, 1), [1]),
  "addConvolution() of three taps": (graph, x) => addConvolution(graph, x, seeded("b", 4, 3), [3]),
  "addConvolution() of three dilated taps": (graph, x) =>
    addConvolution(graph, x, seeded("c", 4, 3), [3], 2),
  "addStridedConvolution()": (graph, x) => addStridedConvolution(graph, x, seeded("d", 5, 8)),
  "addGate()": (graph, x) => addGate(graph, x, seeded("e", 4, 1), seeded("f", 4, 1), [1]),
  "addGelu()": addGelu,
};

for (const [name, add] of Object.entries(OPERATIONS)) {
  Deno.test(`${name} is the same in single and double precision`, async () => {
    const { single, double } = await both(add);
    assert.ok(single.length > 0);
    assert.equal(double.length, single.length);
    const error = single.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - double[i]!)),
      0,
    );
    assert.ok(error < 5e-6, `they differ by ${error}`);
    assert.ok(single.some((value) => Math.abs(value) > 0.1));
  });
}
