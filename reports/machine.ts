/**
 * Description of the machine and its fingerprint.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { cpus, totalmem } from "node:os";
import type { Machine, ProgramVersion } from "./run_report.ts";
import { PROGRAM_FOLDER, VERSION } from "../core/program.ts";

/** Pattern of the processor flags by which the kernels and ONNX Runtime select code paths. */
const DECISIVE_FLAG = /^(avx|fma|f16c|amx|sse4_|asimd|sve|bf16|i8mm)/;

/**
 * Describes the machine that the program runs on.
 *
 * @param flags processor flags, as {@linkcode cpuFlags} returns them; empty if unknown
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

/** Returns the hash of a description: sixteen hexadecimal digits, equal for equal machines. */
export function fingerprintOf(machine: Omit<Machine, "fingerprint">): string {
  const { cpu, cores, memoryGiB, os, architecture, cpuFlags } = machine;
  const text = JSON.stringify([cpu, cores, memoryGiB, os, architecture, cpuFlags]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Returns the processor flags that select code paths.
 *
 * @param cpuInfo text of Linux' `/proc/cpuinfo`, which Deno only reads with all permissions; empty if there is none
 * @returns flags, sorted
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
