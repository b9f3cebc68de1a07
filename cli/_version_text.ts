/**
 * The text of `--version`.
 *
 * @module
 */

import { onnxRuntimeVersion, VERSION } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { ensureKernels, KERNELS_VERSION } from "../kernels/mod.ts";

/** Returns the versions of the program and of what it runs on, one a line. */
export function versionText(): string {
  return [
    `tactus ${VERSION}`,
    `kernels: ${kernelsState()}`,
    `Deno ${Deno.version.deno}`,
    `ONNX Runtime: ${onnxRuntimeVersion() ?? "none"}`,
  ].join("\n");
}

function kernelsState(): string {
  try {
    ensureKernels();
    return `interface ${KERNELS_VERSION}`;
  } catch (error) {
    return reasonOf(error);
  }
}
