/**
 * The command `parity:prove`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { OUTPUT_FILE, text } from "../../cli/argument_types.ts";
import { type Command, command, flag, option } from "../../cli/command.ts";
import { StatusLine } from "../../cli/status_line.ts";
import { UsageError } from "../../core/usage_error.ts";
import { writeJson, writeWhole } from "../../core/files.ts";
import { reasonOf } from "../../core/reason.ts";
import { type Fault, FaultError } from "./fault.ts";
import { isProven, type Proof, proofSchema, prove, type Specimen } from "./prove.ts";
import { faultTable, proofMarkdown, proofTable } from "./report.ts";

const OPTIONS = {
  fault: option(text("text"), "only faults with this text in their names").repeated(),
  list: flag("print the faults and do nothing"),
  exportJson: option(OUTPUT_FILE, "also write the results as JSON, after every fault"),
  exportMarkdown: option(OUTPUT_FILE, "also write them as a table, after every fault"),
  resume: option(
    text("file"),
    "JSON of an interrupted proof of the same files, whose results are kept; only the other faults are tried",
  ),
  keep: flag("keep the copy, without a fault, and print its folder"),
} as const;

/** A copy of the program that can be removed. */
export interface ProofCopy extends Specimen {
  /** Folder of the copy. */
  readonly directory: string;
  /** Removes the copy. */
  remove(): Promise<void>;
}

/** Makes a copy of the program; the signal aborts the copying. Throws a {@linkcode UsageError} on failure. */
export type MakeCopy = (signal: AbortSignal) => Promise<ProofCopy>;

/**
 * Runs the command.
 *
 * @param args arguments after `parity:prove`
 * @param faults all faults
 * @param makeCopy makes the copy
 * @param interruption aborts the proof; the copy is removed all the same
 * @returns the exit code: 0 all faults proven, 1 not all, 2 the proof could not run, 130 interrupted
 */
export async function proveCommand(
  args: readonly string[],
  faults: readonly Fault[],
  makeCopy: MakeCopy,
  interruption: AbortSignal = new AbortController().signal,
): Promise<number> {
  try {
    return await proveOf(faults, makeCopy, interruption).run(args);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FaultError)) throw error;
    console.error(error.message);
    return 2;
  }
}

function proveOf(
  faults: readonly Fault[],
  makeCopy: MakeCopy,
  interruption: AbortSignal,
): Command {
  return command({
    name: "deno task parity:prove",
    description:
      `Shows that deno task parity catches faults. It damages a temporary copy of the repository in one place at a
time (a window off by one, a missing skip connection, ...), builds it, compares it with the references stage by stage, and
repairs it. The undamaged copy has to pass first. A fault is proven when the stage that has it fails and no other. Each
fault in Rust takes about a minute.`,
    options: OPTIONS,
    exitCodes: [
      "every fault was caught at the expected stage and no other",
      "a fault was not caught, or at another stage",
    ],
    async run(values): Promise<number> {
      const chosen = chosenFaults(faults, values.fault);
      if (values.list) {
        console.log(faultTable(chosen));
        return 0;
      }
      const resume = values.resume === undefined ? undefined : await storedProof(values.resume);
      return await withCopy(makeCopy, interruption, values.keep, async (copy) => {
        const status = new StatusLine();
        const proof = await prove(copy, chosen, {
          ...(resume && { resume }),
          onTrial: (name, trial, trials) => status.show(`${trial} of ${trials}: ${name}`),
          onResult: (proof) => exportProof(proof, values.exportJson, values.exportMarkdown),
        }).finally(() => status.clear());
        console.log(proofTable(proof));
        return proof.results.every(isProven) ? 0 : 1;
      });
    },
  });
}

/** Makes a copy, works with it, and removes it, also after an interruption. */
async function withCopy(
  makeCopy: MakeCopy,
  interruption: AbortSignal,
  keep: boolean,
  work: (copy: ProofCopy) => Promise<number>,
): Promise<number> {
  let copy: ProofCopy | undefined;
  try {
    copy = await makeCopy(interruption);
    return await work(copy);
  } catch (error) {
    if (interruption.aborted) return 130;
    throw error;
  } finally {
    if (keep && copy !== undefined) console.error(`The copy is in ${copy.directory}`);
    else await copy?.remove();
  }
}

/** Reads the results of an earlier proof. */
async function storedProof(path: string): Promise<Proof> {
  try {
    return proofSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UsageError(
      `Cannot resume ${path}: ${reasonOf(cause)}; expected the JSON of --export-json`,
      { cause },
    );
  }
}

async function exportProof(
  proof: Proof,
  json: string | undefined,
  markdown: string | undefined,
): Promise<void> {
  if (json !== undefined) await writeJson(json, proof);
  if (markdown !== undefined) await writeWhole(markdown, proofMarkdown(proof));
}

/** Returns the faults whose names contain one of the texts; all where none is given. */
function chosenFaults(
  faults: readonly Fault[],
  texts: readonly string[] | undefined,
): readonly Fault[] {
  const contains = ({ name }: Fault, text: string): boolean =>
    name.toLowerCase().includes(text.toLowerCase());
  const unknown = texts?.find((text) => !faults.some((fault) => contains(fault, text)));
  if (unknown !== undefined) {
    throw new UsageError(`No fault has ${unknown} in its name; see deno task parity:prove --list`);
  }
  return faults.filter((fault) => texts?.some((text) => contains(fault, text)) ?? true);
}
