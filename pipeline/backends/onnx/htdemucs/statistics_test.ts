import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import { GraphBuilder } from "../graph.ts";
import { seededTensor } from "../../../../models/all_in_one/seeded.ts";
import type { Plane } from "./plane.ts";
import { combine, lengthMean } from "./statistics.ts";

// 21499 is a prime; 85995 is not; neither is averaged in one go. 336 is.
for (const [rows, length] of [[null, 21_499], [null, 85_995], [null, 336], [3, 336], [2, 2003]]) {
  Deno.test(`lengthMean() of ${rows ?? "no"} rows of ${length} is the mean to 1e-7`, async () => {
    const channels = 2;
    const shape = rows === null ? [1, channels, length!] : [1, channels, rows!, length!];
    const { data } = seededTensor("statistics", shape, { offset: 3, scale: 1 });
    const graph = new GraphBuilder("statistics");
    const x: Plane = {
      value: graph.input("x", "f32", shape),
      channels,
      rows: rows!,
      length: length!,
      precision: "f32",
    };
    for (const squared of [false, true]) {
      const mean = combine(
        graph,
        lengthMean(graph, x, squared),
        channels,
        (o, i) => o === i ? 1 : 0,
        () => -1,
        x,
      );
      graph.output(squared ? "squares" : "values", mean, shape.with(-1, 1));
    }
    const session = await ort.InferenceSession.create(graph.toBytes());
    const outputs = await session.run({ x: new ort.Tensor("float32", data, shape) });
    for (let row = 0; row < channels * (rows ?? 1); row++) {
      const own = data.subarray(row * length!, (row + 1) * length!);
      const mean = (power: number): number =>
        own.reduce((sum, value) => sum + value ** power, 0) / length!;
      const near = (output: string, expected: number): void => {
        const found = (outputs[output]!.data as Float32Array)[row]!;
        assert.ok(Math.abs(found - expected) < 1e-6 * expected, `${found}, not ${expected}`);
      };
      near("values", mean(1) - 1);
      near("squares", mean(2) - 1);
    }
    await session.release();
  });
}
