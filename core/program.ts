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
  isInDenoCache,
  packageFolder,
  packageSpecifier,
  PROGRAM_FOLDER,
} from "./installed_package.ts";
import { FIXTURES_PACKAGE, PROGRAM_PACKAGE } from "./package_names.ts";

export { CALL, IS_PACKAGED, packageSpecifier, PROGRAM_FOLDER };

/** Arguments of `deno run` with which a module finds what the program finds. */
export const RUN_OPTIONS: readonly string[] = IS_PACKAGED
  ? ["--no-config", "--node-modules-dir=manual"]
  : ["--config", join(PROGRAM_FOLDER, "deno.json")];

/** Modules that run in processes of their own, by their paths without an ending. */
export type ProcessModule = "main" | "reports/measure/measure";

/**
 * Returns the arguments of Deno that run a module of the program.
 *
 * @param module the module; `main` is the program itself
 * @param permissions options that grant permissions
 * @param args arguments of the module
 */
export function runArguments(
  module: ProcessModule,
  permissions: readonly string[],
  args: readonly string[],
): string[] {
  if (IS_PACKAGED && isInDenoCache(PROGRAM_FOLDER)) {
    // A module in the cache finds its dependencies only if it is called by the name of its package.
    const names = module === "main" ? [] : [`--run-${module.split("/").at(-1)}`];
    return [
      "run",
      "--quiet",
      ...permissions,
      `npm:${PROGRAM_PACKAGE}@${VERSION}`,
      ...names,
      ...args,
    ];
  }
  const path = join(PROGRAM_FOLDER, `${module}.${IS_PACKAGED ? "js" : "ts"}`);
  return ["run", ...RUN_OPTIONS, ...permissions, path, ...args];
}

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
