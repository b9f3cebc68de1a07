/**
 * Compiles the kernels for a platform, the same bytes in every folder.
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { UsageError } from "../core/usage_error.ts";
import type { Platform } from "../core/package_names.ts";
import { libraryName } from "../kernels/library_path.ts";
import { NEWEST_GLIBC } from "./glibc.ts";

/** Targets of Rust. */
const TARGETS: Readonly<Record<Platform, string>> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "darwin-arm64": "aarch64-apple-darwin",
  "darwin-x64": "x86_64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
};

/**
 * Builds the library. For Linux `cargo zigbuild` links it against an old glibc, or the linker of this system against its own.
 *
 * @param root the repository
 * @param platform the platform
 * @param systemLinker whether the linker of this system is used
 * @returns path of the library
 * @throws {UsageError} if the build fails
 */
export async function buildKernels(
  root: string,
  platform: Platform,
  systemLinker: boolean,
): Promise<string> {
  const crate = join(root, "kernels");
  const target = TARGETS[platform];
  const usesZig = platform.startsWith("linux-") && !systemLinker;
  const home = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
  const output = join(crate, "target", "package");
  const { code } = await run(crate, [
    ...(usesZig ? ["zigbuild"] : ["build"]),
    ...[
      "--release",
      "--locked",
      "--lib",
      "--target",
      usesZig ? `${target}.${NEWEST_GLIBC}` : target,
    ],
  ], {
    CARGO_TARGET_DIR: output,
    CARGO_PROFILE_RELEASE_STRIP: "symbols",
    CARGO_PROFILE_RELEASE_DEBUG: "0",
    // Messages of panics name source files: without the folders of this machine.
    CARGO_ENCODED_RUSTFLAGS: [
      `--remap-path-prefix=${crate}=kernels`,
      `--remap-path-prefix=${join(home, "registry", "src")}=registry`,
    ].join("\x1f"),
  });
  if (code !== 0) {
    throw new UsageError(
      `The kernels for ${platform} could not be built (exit code ${code}, see above)` +
        (usesZig ? "; cargo-zigbuild and ziglang of PyPI must be on the PATH" : "") +
        `, and the target must be installed: rustup target add ${target}` +
        (usesZig ? "; or compile them for systems like this one with --system-linker" : "") +
        "; or name a library with --library",
    );
  }
  return join(output, target, "release", libraryName(platform.split("-")[0]));
}

async function run(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number }> {
  const command = new Deno.Command("cargo", {
    args: [...args],
    ...{ cwd, env: { ...env }, stdin: "null", stdout: "inherit", stderr: "inherit" },
  });
  return await command.spawn().status;
}
