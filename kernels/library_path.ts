/**
 * Paths of the built kernels. Runs under Node as well, for the launcher.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../core/cache_folder.ts";
import { hasGlibc, IS_PACKAGED, packageFolder, packageVersion } from "../core/installed_package.ts";
import { kernelsPackage } from "../core/package_names.ts";

/** The folder of the Rust crate. */
export const crateDirectory: string = dirname(fileURLToPath(import.meta.url));

/**
 * Returns the folder that cargo builds into: in a clone one in the crate; for the npm package, whose folder may not be
 * writable, one in the cache folder of the program.
 */
export function targetDirectory(): string {
  // Machines of several kinds may share a home folder.
  const built = IS_PACKAGED
    ? cacheFolder(join("kernels", `${packageVersion()}-${process.platform}-${process.arch}`))
    : undefined;
  return built ?? join(crateDirectory, "target");
}

const FILE_NAMES: Readonly<Record<string, string>> = {
  win32: "tactus_kernels.dll",
  darwin: "libtactus_kernels.dylib",
};

/** Returns the name of the dynamic library on a system, named as in Node's `process.platform`. */
export function libraryName(system: string = process.platform): string {
  return FILE_NAMES[system] ?? "libtactus_kernels.so";
}

/**
 * Returns the path of the dynamic library: that of the package for this platform where it is installed, else that which
 * `cargo build --release` makes.
 */
export function libraryPath(): string {
  const folder = IS_PACKAGED && hasGlibc()
    ? packageFolder(kernelsPackage(`${process.platform}-${process.arch}`))
    : undefined;
  const packaged = folder && join(folder, libraryName());
  if (packaged && existsSync(packaged)) return packaged;
  return join(targetDirectory(), "release", libraryName());
}
