/**
 * Compiled libraries of optional packages, which a command may load where they are installed.
 *
 * @module
 */

import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** Names of packages, each found from the one before it; the last has the library. */
type Chain = readonly string[];

const ONNX_RUNTIME: Chain = ["onnxruntime-node"];

/** The database of `catalogue`, whose library is in a package for the platform. */
const DUCKDB: readonly Chain[] = ["", "-musl"].map((libc) => [
  ...["@duckdb/node-api", "@duckdb/node-bindings"],
  `@duckdb/node-bindings-${process.platform}-${process.arch}${libc}`,
]);

/**
 * Returns the folders of the packages whose libraries a command may load.
 *
 * @param command name of the command
 * @param program folder of the program
 */
export function nativeFolders(command: string, program: string): string[] {
  const chains = [ONNX_RUNTIME, ...(command === "catalogue" ? DUCKDB : [])];
  return chains.map((chain) => chain.reduce<string | undefined>(nearest, program))
    .filter((folder) => folder !== undefined);
}

/** Returns the real folder of the package that a module in a folder imports; undefined if there is none. */
function nearest(from: string | undefined, name: string): string | undefined {
  if (from === undefined) return undefined;
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(found)) return realpathSync(found);
  }
  return undefined;
}
