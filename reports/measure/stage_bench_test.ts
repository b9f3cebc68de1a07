import { deepStrictEqual as equal } from "node:assert/strict";
import { computesOf } from "./stage_bench.ts";

Deno.test("computesOf() has each backend on the CPU, and ONNX Runtime on the other devices", () => {
  const [native, onnx] = [{ backend: "native" }, { backend: "onnx" }] as const;
  const webgpu = { ...onnx, device: "webgpu" };
  equal(computesOf(["onnx", "native"], ["cpu", "webgpu"]), [native, onnx, webgpu]);
  equal(computesOf(["native"], ["cpu", "webgpu"]), [native]);
  equal(computesOf(["native", "onnx"], ["webgpu"]), [webgpu]);
});
