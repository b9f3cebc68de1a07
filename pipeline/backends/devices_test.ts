import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { listSupportedBackends } from "onnxruntime-node";
import { builtInDevices, DeviceError, DEVICES, onDevice, providersOf } from "./devices.ts";

Deno.test("providersOf() gives the providers of devices that are there, and names those otherwise", async () => {
  equal(await providersOf("cpu"), ["cpu"]);
  const there = listSupportedBackends().filter(({ bundled }) => bundled).map(({ name }) => name);
  for (const device of Object.keys(DEVICES)) {
    if (there.includes(device)) {
      equal((await providersOf(device)).at(-1), "cpu");
    } else {
      await rejects(providersOf(device), (error) => {
        match(String(error), new RegExp(`cannot compute on ${device}: it has cpu`));
        return error instanceof DeviceError;
      });
    }
  }
  await rejects(providersOf("toString"), /no device toString/);
});

Deno.test("builtInDevices() has the processor first, and only devices that can be named", async () => {
  const devices = await builtInDevices();
  equal(devices[0], "cpu");
  for (const device of devices) equal((await providersOf(device)).at(-1), "cpu");
});

Deno.test("onDevice() says which device failed, and leaves the processor's errors alone", async () => {
  const fail = (): Promise<never> => Promise.reject(new Error("no\nadapter\n"));
  await rejects(onDevice("webgpu", fail), /could not be started on webgpu: no adapter; leave/);
  await rejects(onDevice("cpu", fail), { name: "Error", message: "no\nadapter\n" });
  equal(await onDevice("webgpu", () => Promise.resolve(3)), 3);
});
