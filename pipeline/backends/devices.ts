/**
 * The devices that ONNX Runtime can compute on.
 *
 * @module
 */

import type { InferenceSession } from "onnxruntime-node";

/** The name of a device, as in `--device`. */
export type DeviceName = "cpu" | "cuda" | "coreml" | "webgpu" | "dml";

/** ONNX Runtime's execution providers for a device, the preferred one first. */
type Providers = readonly InferenceSession.ExecutionProviderConfig[];

/** Every device; what a device cannot compute is computed on the processor. */
export const DEVICES: Readonly<Record<DeviceName, Providers>> = {
  cpu: ["cpu"],
  cuda: ["cuda", "cpu"],
  coreml: ["coreml", "cpu"],
  webgpu: ["webgpu", "cpu"],
  dml: ["dml", "cpu"],
};

/** A device cannot be used; the message lists those that can. */
export class DeviceError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "DeviceError";
}

/**
 * The devices that this build of ONNX Runtime has, the processor first. Whether the machine has them shows only when
 * something is started there.
 */
export async function builtInDevices(): Promise<DeviceName[]> {
  const { listSupportedBackends } = await import("onnxruntime-node");
  const there = listSupportedBackends().filter(({ bundled }) => bundled).map((one) => one.name);
  return (Object.keys(DEVICES) as DeviceName[]).filter((device) => there.includes(device));
}

/**
 * The execution providers of a device.
 *
 * @param name the device
 * @throws {DeviceError} if there is no such device, or this build of ONNX Runtime lacks it
 */
export async function providersOf(name: string): Promise<Providers> {
  const providers = Object.hasOwn(DEVICES, name) ? DEVICES[name as DeviceName] : undefined;
  if (name === "cpu") return DEVICES.cpu;
  const usable: readonly string[] = await builtInDevices();
  if (providers === undefined) {
    throw new DeviceError(
      `There is no device ${name}: known are ${Object.keys(DEVICES).join(", ")}, ` +
        `and this build of ONNX Runtime has ${usable.join(", ")}`,
    );
  }
  if (!usable.includes(name)) {
    throw new DeviceError(
      `This build of ONNX Runtime cannot compute on ${name}: it has ${usable.join(", ")}`,
    );
  }
  return providers;
}

/**
 * Starts something on a device.
 *
 * @param device its name, for the message
 * @param start what to start
 * @throws {DeviceError} if that fails on another device than the processor
 */
export async function onDevice<Result>(
  device: string,
  start: () => Promise<Result>,
): Promise<Result> {
  try {
    return await start();
  } catch (cause) {
    if (device === "cpu") throw cause;
    const reason = (cause as Error).message.replace(/\s+/g, " ").trim();
    throw new DeviceError(
      `ONNX Runtime could not be started on ${device}: ${reason}; ` +
        "leave --device out to compute on the processor",
      { cause },
    );
  }
}
