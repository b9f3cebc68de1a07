/**
 * Name and version of the program and of its runtime.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import program from "../deno.json" with { type: "json" };
import {
  CALL,
  IS_PACKAGED,
  packageFolder,
  packageSpecifier,
  PROGRAM_FOLDER,
} from "./installed_package.ts";
import { FIXTURES_PACKAGE } from "./package_names.ts";

export { CALL, IS_PACKAGED, packageSpecifier, PROGRAM_FOLDER };

/** The program's main module. */
export const MAIN: string = join(PROGRAM_FOLDER, IS_PACKAGED ? "main.js" : "main.ts");

/** Arguments of `deno run` with which modules of the program find their dependencies. */
export const RUN_OPTIONS: readonly string[] = IS_PACKAGED
  ? ["--no-config", "--node-modules-dir=manual"]
  : ["--config", join(PROGRAM_FOLDER, "deno.json")];

/** Folder with test audio, stored references and their manifest: in a clone, or a package of its own. */
export const FIXTURES_FOLDER: string = IS_PACKAGED
  ? packageFolder(FIXTURES_PACKAGE) ?? join(PROGRAM_FOLDER, "fixtures")
  : join(PROGRAM_FOLDER, "fixtures");

/** The demo piece, which is part of the package too. */
export const DEMO: string = join(PROGRAM_FOLDER, "fixtures", "audio", "four_four", "mix.flac");

/** Version in `deno.json`. */
export const VERSION: string = program.version;

/** Name and version. */
export const PROGRAM = `${program.name} ${program.version}`;

/** Version of ONNX Runtime that the program is tested with. */
export const ONNX_RUNTIME_VERSION: string = program.imports["onnxruntime-node"].split("@").at(-1) ??
  "";

/** Returns the version of ONNX Runtime; undefined where it is not installed; a clone always has it. */
export function onnxRuntimeVersion(): string | undefined {
  if (!IS_PACKAGED) return ONNX_RUNTIME_VERSION;
  const folder = packageFolder("onnxruntime-node");
  if (folder === undefined) return undefined;
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

/** Returns the versions of the runtime and, where it is installed, of ONNX Runtime. */
export function runtimeVersions(): Readonly<Record<string, string>> {
  const onnxRuntime = onnxRuntimeVersion();
  return {
    deno: Deno.version.deno,
    ...(onnxRuntime !== undefined && { "onnxruntime-node": onnxRuntime }),
  };
}
