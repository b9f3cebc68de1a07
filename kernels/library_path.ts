/**
 * Paths of the built kernels.
 *
 * @module
 */

import { join } from "node:path";

/** The folder of the Rust crate. */
export const crateDirectory: string = import.meta.dirname ?? ".";

/** The folder that cargo builds into. */
export const targetDirectory: string = join(crateDirectory, "target");

const FILE_NAMES: Readonly<Record<string, string>> = {
  windows: "tactus_kernels.dll",
  darwin: "libtactus_kernels.dylib",
};

/** Returns the path of the dynamic library that `cargo build --release` makes on this system. */
export function libraryPath(): string {
  const fileName = FILE_NAMES[Deno.build.os] ?? "libtactus_kernels.so";
  return join(targetDirectory, "release", fileName);
}
