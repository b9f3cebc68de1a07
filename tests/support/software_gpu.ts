/**
 * SwiftShader, a Vulkan driver that computes on the CPU: devices can be tested without a GPU.
 *
 * @module
 */

import { existsSync } from "node:fs";

/** Places of its manifest: Debian's chromium, Ubuntu's, Fedora's, and Google's own package. */
const MANIFESTS = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

/** Folders of the Vulkan loader, which such a browser brings of its own, but ONNX Runtime does not. */
const LIBRARY_FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
];

const hasLoader = LIBRARY_FOLDERS.some((folder) => existsSync(`${folder}/libvulkan.so.1`));

const manifest = hasLoader ? MANIFESTS.find((path) => existsSync(path)) : undefined;

/** Variables that make a program find SwiftShader only, without Mesa's layer, which warns where there is no desktop. */
export const SOFTWARE_GPU: Readonly<Record<string, string>> = manifest === undefined
  ? {}
  : { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest, NODEVICE_SELECT: "1" };

/**
 * Registers a test that needs SwiftShader. Where it is not installed, the test is ignored, and its name tells why.
 *
 * @param name behaviour that is tested
 * @param test the test
 */
export function testOnSoftwareGpu(name: string, test: () => Promise<void>): void {
  const isMissing = manifest === undefined;
  const reason = isMissing
    ? " (not run: SwiftShader and the Vulkan loader, as in Debian's chromium and libvulkan1, are not installed)"
    : "";
  Deno.test({ name: name + reason, ignore: isMissing, fn: test });
}
