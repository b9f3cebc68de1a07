import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { listSupportedBackends } from "onnxruntime-node";
import { builtInDevices, DeviceError, DEVICES, onDevice, providersOf } from "./devices.ts";

Deno.test("providersOf() returns the providers of supported devices, and an error lists these for others", async () => {
  equal(await providersOf("cpu"), ["cpu"]);
  const there = listSupportedBackends().filter(({ bundled }) => bundled).map(({ name }) => name);
  for (const device of Object.keys(DEVICES)) {
    if (there.includes(device)) {
      equal((await providersOf(device))[0], device);
    } else {
      await rejects(providersOf(device), (error) => {
        match(String(error), new RegExp(`does not support ${device}: choose one of cpu`));
        return error instanceof DeviceError;
      });
    }
  }
  await rejects(
    providersOf("toString"),
    /Unknown device toString: expected one of cpu, cuda, coreml, webgpu, dml$/,
  );
});

Deno.test("builtInDevices() lists the CPU first, and only known devices", async () => {
  const devices = await builtInDevices();
  equal(devices[0], "cpu");
  for (const device of devices) equal((await providersOf(device))[0], device);
});

Deno.test("onDevice() names the device that failed, and passes errors of the CPU on", async () => {
  const fail = (): Promise<never> => Promise.reject(new Error("no\nadapter\n"));
  await rejects(onDevice("cuda", fail), /could not be started on cuda: no adapter; omit/);
  const assertion = "/a/b.cc:136 Initialize() x == y was false. Failed to get an adapter";
  await rejects(
    onDevice("cuda", () => Promise.reject(new Error(assertion))),
    /could not be started on cuda: Failed to get an adapter; omit/,
  );
  if (Deno.build.os === "linux") {
    const adapter = "Failed to get a WebGPU adapter: No supported adapters";
    await rejects(
      onDevice("cuda", () => Promise.reject(new Error(adapter))),
      /No supported adapters\. It needs a GPU with a Vulkan driver, and the Vulkan loader/,
    );
  }
  await rejects(onDevice("cpu", fail), { name: "Error", message: "no\nadapter\n" });
  equal(await onDevice("cuda", () => Promise.resolve(3)), 3);
});
