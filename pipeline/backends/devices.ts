/**
 * Devices that ONNX Runtime can compute on.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { onnxRuntime } from "./onnx/runtime.ts";
import { vulkanProblem } from "./onnx/vulkan.ts";

/** Name of a device, as in `--device`. */
export type DeviceName = "cpu" | "cuda" | "coreml" | "webgpu" | "dml";

/** ONNX Runtime's execution providers for a device, the preferred one first. */
export type Providers = readonly DeviceName[];

/** All devices. The CPU computes the operators that a device lacks, except on WebGPU, which has all that the networks need. */
export const DEVICES: Readonly<Record<DeviceName, Providers>> = {
  cpu: ["cpu"],
  cuda: ["cuda", "cpu"],
  coreml: ["coreml", "cpu"],
  webgpu: ["webgpu"],
  dml: ["dml", "cpu"],
};

/** Names of all devices, the CPU first. */
export const DEVICE_NAMES: readonly DeviceName[] = Object.keys(DEVICES) as DeviceName[];

/** The npm package of ONNX Runtime for Linux on x86-64 has a script that downloads CUDA's provider. */
const CUDA_HINT = ", or install onnxruntime-node with its install script (without " +
  "ONNXRUNTIME_NODE_INSTALL=skip), which adds cuda on x86-64";

/** A device cannot be used; the message lists those that can. */
export class DeviceError extends Error {
  /** Name of the class in printed errors. */
  override name = "DeviceError";
  /** What is missing or failed, where a session could not be started; the message has it too. */
  readonly reason: string | undefined;

  /** Makes an error with a message. */
  constructor(message: string, options: ErrorOptions & { readonly reason?: string } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}

/**
 * Lists the devices that this build of ONNX Runtime supports, the CPU first. Whether the machine has
 * one shows only when a session starts on it.
 */
export async function builtInDevices(): Promise<DeviceName[]> {
  const { listSupportedBackends } = await onnxRuntime();
  const there = listSupportedBackends().filter(({ name, bundled }) => bundled || isInstalled(name))
    .map((one) => one.name);
  return DEVICE_NAMES.filter((device) => there.includes(device));
}

/** Returns whether the provider of a device, which is no part of the package, was installed with it, as CUDA's can be. */
function isInstalled(device: string): boolean {
  const module = createRequire(import.meta.url).resolve("onnxruntime-node");
  const { platform, arch } = process;
  const folder = join(dirname(module), "..", "bin", "napi-v6", platform, arch);
  return existsSync(join(folder, `libonnxruntime_providers_${device}.so`));
}

/**
 * Returns the execution providers of a device.
 *
 * @param name the device
 * @throws {DeviceError} if there is no such device, or this build of ONNX Runtime lacks it
 */
export async function providersOf(name: string): Promise<Providers> {
  const device = DEVICE_NAMES.find((known) => known === name);
  if (device === undefined) {
    throw new DeviceError(`Unknown device ${name}: expected one of ${DEVICE_NAMES.join(", ")}`);
  }
  if (device === "cpu") return DEVICES.cpu;
  const usable = await builtInDevices();
  if (!usable.includes(device)) {
    throw new DeviceError(
      `This build of ONNX Runtime does not support ${name}: choose one of ${usable.join(", ")}` +
        (device === "cuda" && Deno.build.os === "linux" ? CUDA_HINT : ""),
    );
  }
  return DEVICES[device];
}

/**
 * Starts a session on a device.
 *
 * @param device its name, for the message
 * @param start starts the session
 * @throws {DeviceError} if that fails on any device but the CPU
 */
export async function onDevice<Result>(
  device: string,
  start: () => Promise<Result>,
): Promise<Result> {
  if (device === "cpu") return await start();
  const problem = device === "webgpu" ? vulkanProblem() : undefined;
  if (problem !== undefined) throw unusable(device, problem);
  try {
    return await start();
  } catch (cause) {
    const reason = (cause as Error).message.replace(/\s+/g, " ").trim();
    // The text of a failed assertion begins with its place in ONNX Runtime.
    throw unusable(device, reason.replace(/^\/.* was false\. /, "") + hintOf(reason), cause);
  }
}

/** Returns what may be missing where WebGPU finds no GPU. */
function hintOf(reason: string): string {
  return /WebGPU adapter/.test(reason) && Deno.build.os === "linux"
    ? ". It needs a GPU with a Vulkan driver, and the Vulkan loader (libvulkan1 in Debian)"
    : "";
}

function unusable(device: string, reason: string, cause?: unknown): DeviceError {
  return new DeviceError(
    `ONNX Runtime could not be started on ${device}: ${reason}; ` +
      "omit --device to compute on the CPU",
    { cause, reason },
  );
}
