/**
 * Loads ONNX Runtime, which is no dependency of the npm package.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { PROGRAM_PACKAGE } from "../../../core/package_names.ts";
import { IS_PACKAGED, ONNX_RUNTIME_VERSION, PROGRAM_FOLDER } from "../../../core/program.ts";
import { reasonOf } from "../../../core/reason.ts";

/** Its install script would download CUDA libraries. */
const INSTALL = "ONNXRUNTIME_NODE_INSTALL=skip npm install";

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
    // Otherwise its start writes warnings to the terminal.
    runtime.env.logLevel = "error";
    return runtime;
  } catch (cause) {
    throw new RuntimeLoadError(
      `Cannot load ONNX Runtime, which --backend onnx and --device need (${
        reasonOf(cause).split("\n", 1)[0]
      }): install it with ${installCommand()}, or compute with --backend native`,
      { cause },
    );
  }
}

/**
 * Returns the command that installs ONNX Runtime where this program finds it.
 *
 * @param program folder of the program
 * @param isPackaged whether the program is the npm package
 */
export function installCommand(
  program: string = PROGRAM_FOLDER,
  isPackaged: boolean = IS_PACKAGED,
): string {
  if (!isPackaged) return "deno install";
  const name = `onnxruntime-node@${ONNX_RUNTIME_VERSION}`;
  // Deno's own cache of packages has no place for further ones.
  if (!program.split(/[\\/]/).includes("node_modules")) {
    return `${INSTALL} -g ${PROGRAM_PACKAGE} ${name} (and call tactus)`;
  }
  // PROJECT/node_modules/@scope/tactus; the folder of global packages has no package.json.
  const project = dirname(dirname(dirname(program)));
  const where = existsSync(join(project, "package.json")) ? `--prefix ${quoted(project)}` : "-g";
  return `${INSTALL} ${where} ${name}`;
}

function quoted(path: string): string {
  return /^[\w./\\:@~-]+$/.test(path) ? path : JSON.stringify(path);
}
