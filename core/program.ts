/**
 * Name and version of the program and of its runtime.
 *
 * @module
 */

import { join } from "node:path";
import program from "../deno.json" with { type: "json" };

/** Folder of the program: the root of the repository. */
export const PROGRAM_FOLDER: string = join(import.meta.dirname ?? ".", "..");

/** Folder with test audio, stored references and their manifest. */
export const FIXTURES_FOLDER: string = join(PROGRAM_FOLDER, "fixtures");

/** Version in `deno.json`. */
export const VERSION: string = program.version;

/** Name and version. */
export const PROGRAM = `${program.name} ${program.version}`;

/** Versions of the runtime and of ONNX Runtime. */
export const RUNTIME_VERSIONS: Readonly<Record<string, string>> = {
  deno: Deno.version.deno,
  "onnxruntime-node": program.imports["onnxruntime-node"].split("@").at(-1) ?? "",
};
