/**
 * Loads ONNX Runtime, which is no dependency of the npm package.
 *
 * @module
 */

import process from "node:process";
import { installCommand } from "../../../core/install_command.ts";
import { IS_PACKAGED, ONNX_RUNTIME_VERSION } from "../../../core/program.ts";
import { reasonOf } from "../../../core/reason.ts";

/** Its install script would download CUDA libraries. */
const SKIPPING = "ONNXRUNTIME_NODE_INSTALL=skip";

/** ONNX Runtime cannot be loaded; the message names the command that installs it. */
export class RuntimeLoadError extends Error {
  /** Name of the class in printed errors. */
  override name = "RuntimeLoadError";
}

/**
 * Returns ONNX Runtime.
 *
 * @throws {RuntimeLoadError} if it is not installed or cannot be loaded
 */
export async function onnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  try {
    const runtime = await import("onnxruntime-node");
    // What it logs as an error it also throws, and the message of that is shown.
    runtime.env.logLevel = "fatal";
    return runtime;
  } catch (cause) {
    throw new RuntimeLoadError(
      `Cannot load ONNX Runtime, which --backend onnx and --device need (${
        reasonOf(cause).split("\n", 1)[0]
      }): install it with ${installOnnxRuntime()}, or compute with --backend native`,
      { cause },
    );
  }
}

/** Returns the command that installs ONNX Runtime where this program finds it. */
export function installOnnxRuntime(
  isPackaged: boolean = IS_PACKAGED,
  platform: string = process.platform,
): string {
  if (!isPackaged) return "deno install";
  const command = installCommand([`onnxruntime-node@${ONNX_RUNTIME_VERSION}`]);
  // Only its script for Linux downloads anything; shells of Windows set variables in other ways.
  return platform === "linux" ? `${SKIPPING} ${command}` : command;
}
