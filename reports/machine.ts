/**
 * What timings depend on besides the program.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { cpus, totalmem } from "node:os";
import type { Machine, ProgramVersion } from "./run_report.ts";
import { PROGRAM_FOLDER, VERSION } from "../core/program.ts";

/** Of the many flags of a processor, those that kernels and ONNX Runtime choose their paths by. */
const DECISIVE_FLAG = /^(avx|fma|f16c|amx|sse4_|asimd|sve|bf16|i8mm)/;

/**
 * Describes the machine that the program runs on.
 *
 * @param flags as of {@linkcode cpuFlags}; none where they are not known
 */
export function thisMachine(flags: readonly string[] = []): Machine {
  const described: Omit<Machine, "fingerprint"> = {
    cpu: cpus()[0]?.model.trim() ?? "",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: Deno.build.os,
    architecture: Deno.build.arch,
    cpuFlags: flags,
  };
  return { fingerprint: fingerprintOf(described), ...described };
}

/** Hash of a description, the same for the same machine: sixteen hexadecimal digits. */
export function fingerprintOf(machine: Omit<Machine, "fingerprint">): string {
  const { cpu, cores, memoryGiB, os, architecture, cpuFlags } = machine;
  const text = JSON.stringify([cpu, cores, memoryGiB, os, architecture, cpuFlags]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * What fast paths are chosen by.
 *
 * @param cpuInfo the text of Linux' `/proc/cpuinfo`, which Deno shows only to programs that may do all; empty
 * where there is none
 * @returns sorted
 */
export function cpuFlags(cpuInfo: string): string[] {
  const [, flags = ""] = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo) ?? [];
  return [...new Set(flags.split(/\s+/).filter((flag) => DECISIVE_FLAG.test(flag)))].sort();
}

/**
 * Returns the version and, from git, the commit; without git or a repository the commit is null.
 *
 * @param folder folder of the repository; by default that of this program
 */
export async function programVersion(folder: string = PROGRAM_FOLDER): Promise<ProgramVersion> {
  const commit = await git(folder, "rev-parse", "HEAD");
  const changes = commit === null ? null : await git(folder, "status", "--porcelain", "-uno");
  return {
    version: VERSION,
    commit: commit?.trim() ?? null,
    isModified: changes === null ? null : changes.trim() !== "",
  };
}

async function git(folder: string, ...args: string[]): Promise<string | null> {
  try {
    const { code, stdout } = await new Deno.Command("git", {
      args: ["-C", folder, ...args],
      stdout: "piped",
      stderr: "null",
    }).output();
    return code === 0 ? new TextDecoder().decode(stdout) : null;
  } catch {
    return null;
  }
}
