/**
 * Which state of the program is measured.
 *
 * @module
 */

import { PROGRAM_FOLDER, VERSION } from "../core/program.ts";
import type { ProgramVersion } from "./run_report.ts";

/**
 * Asks git; where there is no git, or no repository, the commit is not known.
 *
 * @param folder of the repository; this program's own unless told
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
