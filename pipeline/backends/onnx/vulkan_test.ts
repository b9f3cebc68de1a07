import { match } from "node:assert/strict";
import { vulkanProblem } from "./vulkan.ts";

Deno.test({
  name: "vulkanProblem() names a loader that is missing, and what to install",
  ignore: Deno.build.os !== "linux",
  fn(): void {
    match(
      vulkanProblem("/no/such/libvulkan.so")!,
      /^the Vulkan loader cannot be loaded \(\/no\/such\/libvulkan\.so: .*\): install it \(libvulkan1 in/,
    );
  },
});
