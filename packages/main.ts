/**
 * `deno task package`: builds the packages of npm.
 *
 * @module
 */

import { type ArgumentType, expected, listOf, text } from "../cli/argument_types.ts";
import { command, flag, option, pick } from "../cli/command.ts";
import { type Platform, PLATFORMS } from "../core/package_names.ts";
import { UsageError } from "../core/usage_error.ts";
import { runScript } from "../scripts/run_script.ts";
import { packageProgram, packedTable, thisPlatform } from "./package_program.ts";

/** A platform and the library that was compiled for it. */
const LIBRARY: ArgumentType<readonly [Platform, string]> = {
  name: "platform=file",
  parse(text, option): readonly [Platform, string] {
    const at = text.indexOf("=");
    const platform = PLATFORMS.find((known) => known === text.slice(0, at));
    if (at > 0 && platform !== undefined) return [platform, text.slice(at + 1)];
    throw expected(option, `one of ${PLATFORMS.join(", ")}, = and a file`, text);
  },
};

const packageCommand = command({
  name: "deno task package",
  description:
    `Builds the packages of npm from the working tree: the program, the references, and the compiled kernels.

Kernels are compiled for this machine, or for the platforms that are named; kernels for Linux need cargo-zigbuild and
ziglang of PyPI, or --system-linker. The same sources give the same bytes in every folder. Next to the packages it writes
SHA256SUMS and a bill of materials (CycloneDX).`,
  options: {
    out: option(text("dir"), "folder for the packages").short("o").default("./dist"),
    platform: option(listOf("platform", PLATFORMS), "compile and pack the kernels of this platform")
      .repeated().shownDefault("that of this machine, if no --library is given"),
    library: option(LIBRARY, "pack a compiled library").repeated(),
    repository: option(
      text("url"),
      "address of the repository, which npm compares where a package is published from",
    ),
    noKernels: flag("pack no kernels"),
    noFixtures: flag("do not pack the references"),
    anyGlibc: flag("allow libraries that need a newer glibc than 2.28"),
    systemLinker: flag(
      "compile kernels without cargo-zigbuild: on Linux they then need the glibc of this system or a newer one",
    ),
  },
  exitCodes: ["the packages are built"],
  async run(values): Promise<number> {
    const { out, platform = [], library = [], noKernels, noFixtures, repository } = values;
    const platforms = new Map<Platform, string | null>([
      ...platform.flat().map((one) => [one, null] as const),
      ...library,
    ]);
    if (platforms.size === 0 && !noKernels) {
      const here = thisPlatform();
      if (here === undefined) {
        throw new UsageError("There is no package of kernels for this machine: use --no-kernels");
      }
      platforms.set(here, null);
    }
    const packed = await packageProgram({
      ...{ out, platforms, fixtures: !noFixtures },
      ...pick(values, "anyGlibc", "systemLinker"),
      ...(repository !== undefined && { repository }),
    });
    console.log(packedTable(packed));
    return 0;
  },
});

if (import.meta.main) {
  const folder = Deno.env.get("TACTUS_CWD");
  if (folder) Deno.chdir(folder);
  await runScript(packageCommand);
}
