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

const manifest = MANIFESTS.find((path) => existsSync(path));

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
    ? " (not run: SwiftShader, as in Debian's chromium, is not installed)"
    : "";
  Deno.test({ name: name + reason, ignore: isMissing, fn: test });
}
