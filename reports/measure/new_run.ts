/**
 * Describes a run at its start: program, machine, versions, settings, tracks and variants.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { release } from "node:os";
import { runtimeVersions } from "../../core/program.ts";
import type { NewRun } from "../history.ts";
import { programVersion, thisMachine } from "../machine.ts";
import type { RunReport, RunSettings } from "../run_report.ts";

/** Properties of a run that its program and machine do not give. */
export interface RunPlan extends Pick<NewRun, "tracks" | "variants"> {
  /** Settings without the hash of the weights. */
  readonly settings: Omit<RunSettings, "weightsSha256">;
  /** SHA-256 of every file of weights that is used, in any order. */
  readonly weights: readonly string[];
  /** Processor flags, as `cpuFlags()` returns them; absent if unknown. */
  readonly cpuFlags?: readonly string[];
  /** Rule by which the system chooses the clock; absent or empty if unknown. */
  readonly governor?: string;
  /** Folder whose commit is the version; by default that of this program. */
  readonly folder?: string;
}

/** Returns a run of this program on this machine, without its id and time. */
export async function newRun(
  { settings, weights, tracks, variants, cpuFlags, governor, folder }: RunPlan,
): Promise<NewRun> {
  return {
    format: 1,
    program: await programVersion(folder),
    machine: thisMachine(cpuFlags),
    versions: {
      ...runtimeVersions(),
      system: release(),
      ...(governor && { governor }),
    },
    settings: { ...settings, weightsSha256: hashOfAll(weights) },
    ...{ tracks, variants },
  };
}

/** Returns the identifier and the start time of a new run. */
export function newIdentity(): Pick<RunReport, "id" | "startedAt"> {
  return { id: crypto.randomUUID(), startedAt: new Date().toISOString() };
}

function hashOfAll(hashes: readonly string[]): string {
  return createHash("sha256").update([...new Set(hashes)].sort().join()).digest("hex");
}
