import { deepStrictEqual as equal, match } from "node:assert/strict";
import { installOnnxRuntime } from "./runtime.ts";

Deno.test("installOnnxRuntime() keeps the install script of the package from downloading CUDA libraries", () => {
  match(
    installOnnxRuntime(true),
    /^ONNXRUNTIME_NODE_INSTALL=skip npm install .*onnxruntime-node@\d+\.\d+\.\d+\b/,
  );
  equal(installOnnxRuntime(false), "deno install");
});
