/**
 * Program and machine that made a report.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { PROGRAM, PROGRAM_FOLDER, runtimeVersions } from "../core/program.ts";
import type { MadeBy } from "./report.ts";

/** Describes this program and machine. */
export async function madeBy(): Promise<MadeBy> {
  return {
    program: PROGRAM,
    commit: await commitOf(PROGRAM_FOLDER),
    machine: machine(),
    versions: runtimeVersions(),
  };
}

/** Returns processor, cores and system; without the permission to ask, the system only. */
function machine(): string {
  const system = `${Deno.build.os} ${Deno.build.arch}`;
  try {
    const processors = cpus();
    const model = processors[0]?.model.trim() || "unknown processor";
    return `${model}, ${processors.length} cores, ${system} ${release()}`;
  } catch {
    return system;
  }
}

/**
 * Returns the commit of a repository, from the files of git.
 *
 * @param folder root of the work tree
 * @returns hash; null outside of a repository
 */
export async function commitOf(folder: string): Promise<string | null> {
  const text = (...path: string[]): Promise<string> =>
    readFile(join(folder, ".git", ...path), "utf8").catch(() => "");
  const head = (await text("HEAD")).trim();
  const reference = /^ref: (\S+)$/.exec(head)?.[1];
  if (reference === undefined) return hash(head);
  const packed = (await text("packed-refs")).split("\n")
    .map((line) => line.split(" "))
    .find(([, name]) => name === reference)?.[0];
  return hash((await text(...reference.split("/"))).trim()) ?? hash(packed ?? "");
}

function hash(text: string): string | null {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : null;
}
