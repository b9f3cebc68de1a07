/**
 * The command line of the proof.
 *
 * @module
 */

import { parsedArgs } from "../../cli/parsed_args.ts";
import { StatusLine } from "../../cli/status_line.ts";
import { UsageError } from "../../core/usage_error.ts";
import { ensureFile } from "../../cli/writable.ts";
import { writeWhole } from "../../core/files.ts";
import { type Fault, FaultError } from "./fault.ts";
import { isProven, type Proof } from "./proof.ts";
import { prove, type Specimen } from "./prove.ts";
import { faultTable, proofMarkdown, proofTable } from "./report.ts";

/** What `parity:prove --help` prints. */
export const PROVE_HELP = `Usage: deno task parity:prove [options]

Shows that deno task parity catches faults. A temporary copy of the repository is damaged in one
place at a time (a window off by one, a missing skip connection, ...), built, compared with the
references stage by stage, and mended. The undamaged copy has to pass first. A fault is proven when
the stage that has it fails and no other. It takes about a minute for each fault in Rust.

      --fault TEXT            only faults with this in their names; may be given several times
      --list                  print the faults and do nothing
      --export-json FILE      also write what was found as JSON, after every fault
      --export-markdown FILE  also write it as a table, after every fault
      --keep                  leave the copy, as it was undamaged, and print its folder
  -h, --help                  print this

Exit codes: 0 every fault was caught at the expected stage and no other, 1 one was not, 2 the call
was wrong, or the copy could not be made or does not pass undamaged`;

const OPTIONS = {
  fault: { type: "string", multiple: true },
  list: { type: "boolean", default: false },
  "export-json": { type: "string" },
  "export-markdown": { type: "string" },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Makes copies of the program. */
export interface Laboratory {
  /**
   * Makes a copy.
   *
   * @param signal ends its work
   * @throws {UsageError} if it cannot be made
   */
  copy(signal: AbortSignal): Promise<LaboratoryCopy>;
}

/** A copy that can be removed. */
export interface LaboratoryCopy extends Specimen {
  /** Its folder. */
  readonly directory: string;
  /** Removes it. */
  remove(): Promise<void>;
}

/**
 * Runs the command.
 *
 * @param args what follows `parity:prove`
 * @param faults the faults that there are
 * @param laboratory who makes the copy
 * @param interruption ends the work; the copy is removed all the same
 * @returns the exit code: 0 all proven, 1 one is not, 2 could not run, 130 interrupted
 */
export async function proveCommand(
  args: readonly string[],
  faults: readonly Fault[],
  laboratory: Laboratory,
  interruption: AbortSignal = new AbortController().signal,
): Promise<number> {
  try {
    const { values } = parsedArgs("parity:prove", { args: [...args], options: OPTIONS });
    if (values.help) {
      console.log(PROVE_HELP);
      return 0;
    }
    const chosen = chosenFaults(faults, values.fault);
    if (values.list) {
      console.log(faultTable(chosen));
      return 0;
    }
    const json = values["export-json"];
    const markdown = values["export-markdown"];
    if (json !== undefined) await ensureFile(json, "--export-json");
    if (markdown !== undefined) await ensureFile(markdown, "--export-markdown");
    return await withCopy(laboratory, interruption, values.keep, async (copy) => {
      const status = new StatusLine();
      const proof = await prove(copy, chosen, {
        onStep: (what, step, steps) => status.show(`${step} of ${steps}: ${what}`),
        onResult: (proof) => exportProof(proof, json, markdown),
      }).finally(() => status.clear());
      console.log(proofTable(proof));
      return proof.results.every(isProven) ? 0 : 1;
    });
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FaultError)) throw error;
    console.error(error.message);
    return 2;
  }
}

/** Works with a copy, which is removed afterwards, also when the work is interrupted. */
async function withCopy(
  laboratory: Laboratory,
  interruption: AbortSignal,
  keep: boolean,
  work: (copy: LaboratoryCopy) => Promise<number>,
): Promise<number> {
  let copy: LaboratoryCopy | undefined;
  try {
    copy = await laboratory.copy(interruption);
    return await work(copy);
  } catch (error) {
    if (interruption.aborted) return 130;
    throw error;
  } finally {
    if (keep && copy !== undefined) console.error(`The copy is in ${copy.directory}`);
    else await copy?.remove();
  }
}

async function exportProof(
  proof: Proof,
  json: string | undefined,
  markdown: string | undefined,
): Promise<void> {
  if (json !== undefined) await writeWhole(json, JSON.stringify(proof, null, 2) + "\n");
  if (markdown !== undefined) await writeWhole(markdown, proofMarkdown(proof));
}

/** The faults whose names hold one of the texts; all where none is given. */
function chosenFaults(
  faults: readonly Fault[],
  texts: readonly string[] | undefined,
): readonly Fault[] {
  const holds = ({ name }: Fault, text: string): boolean =>
    name.toLowerCase().includes(text.toLowerCase());
  const unknown = texts?.find((text) => !faults.some((fault) => holds(fault, text)));
  if (unknown !== undefined) {
    throw new UsageError(`No fault has ${unknown} in its name; see deno task parity:prove --list`);
  }
  return faults.filter((fault) => texts?.some((text) => holds(fault, text)) ?? true);
}
