/**
 * Names of the packages on npm. Plain JavaScript once compiled: the launcher reads this file under Node.
 *
 * @module
 */

/** Scope of all packages: the name `tactus` without a scope belongs to another program. */
export const SCOPE = "@tactus-audio";

/** Package of the program. */
export const PROGRAM_PACKAGE: string = `${SCOPE}/tactus`;

/** Package of the stored references that `parity` reads. */
export const FIXTURES_PACKAGE: string = `${SCOPE}/tactus-fixtures`;

/** Platforms that a package with compiled kernels exists for, as `process.platform`-`process.arch` of Node. */
export const PLATFORMS = [
  "linux-x64",
  "linux-arm64",
  "darwin-arm64",
  "darwin-x64",
  "win32-x64",
] as const;

/** A platform that a package with compiled kernels exists for. */
export type Platform = typeof PLATFORMS[number];

/** Platforms that a package with Deno exists for; on Linux with glibc only. */
export const DENO_PLATFORMS: readonly string[] = [...PLATFORMS, "win32-arm64"];

/** Returns the name of the package with the program of Deno for a platform, without an install script. */
export function denoPackage(platform: string): string {
  return `@deno/${platform}${platform.startsWith("linux-") ? "-glibc" : ""}`;
}

/** Returns the name of the package with the compiled kernels of a platform. */
export function kernelsPackage(platform: string): string {
  return `${SCOPE}/tactus-kernels-${platform}`;
}
