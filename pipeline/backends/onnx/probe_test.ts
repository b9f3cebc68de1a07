import { deepStrictEqual as equal, match } from "node:assert/strict";
import { builtInDevices } from "../devices.ts";
import { probeDevices } from "./probe.ts";

Deno.test({
  name: "probeDevices() tells of each device but the CPU what is missing",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
    const before = names.map((name) => Deno.env.get(name));
    for (const name of names) Deno.env.set(name, "/no/driver.json");
    try {
      const probed = await probeDevices();
      equal(
        ["cpu", ...probed.map(({ device }) => device)].toSorted(),
        (await builtInDevices()).toSorted(),
      );
      for (const { device, problem } of probed) {
        if (device !== "webgpu") continue;
        match(problem ?? "", /^(no Vulkan driver was found|the Vulkan loader cannot be loaded)/);
      }
    } finally {
      for (const [at, name] of names.entries()) {
        const value = before[at];
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  },
});
