import { deepStrictEqual as equal, match } from "node:assert/strict";
import { installOnnxRuntime } from "./runtime.ts";

Deno.test("installOnnxRuntime() keeps the install script of the package from downloading CUDA libraries on Linux", () => {
  const command = /npm install .*onnxruntime-node@\d+\.\d+\.\d+\b/;
  const [onLinux, onWindows] = ["linux", "win32"].map((one) => installOnnxRuntime(true, one));
  match(onLinux!, new RegExp(`^ONNXRUNTIME_NODE_INSTALL=skip ${command.source}`));
  match(onWindows!, new RegExp(`^${command.source}`));
  equal(installOnnxRuntime(false), "deno install");
});
