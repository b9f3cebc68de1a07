/**
 * `harness`: compares and times the implementations of any pipeline that a file describes.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CALL } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import { MODES } from "../parity/suites.ts";
import type { ParityReport } from "../parity/mod.ts";
import { oneOf, OUTPUT_FOLDER, text, wholeNumber } from "./argument_types.ts";
import { type Command, command, flag, option, pick } from "./command.ts";
import { PARITY_EXPORTS, writeParityReport } from "./_parity_files.ts";
import { StatusLine } from "./status_line.ts";

const FILE = { "<file>": "parity.toml, as docs/harness.md describes it" } as const;

const STATISTICS = flag(
  "also print for each seam the mean and rms of the error, its 99.9 % quantile, the largest relative " +
    "error, distances in units in the last place, and the factor by which errors could grow",
);

const run = command({
  name: `${CALL} harness run`,
  description:
    `Runs the implementations of a pipeline, each in a process of its own with limits of time and memory, in rounds of
random order, and compares every seam with the references. Names the first stage that is wrong.

Isolated mode gives each stage the references of its inputs, where an implementation can start from given seams; chained
mode runs it from the input file. Where isolated mode judges a stage, its float seams may drift in chained mode.`,
  arguments: FILE,
  options: {
    implementation: option(
      text("name"),
      "only this implementation, which then must be able to run",
    ).repeated(),
    input: option(text("name"), "only this input: its path without the ending, with - for /")
      .repeated(),
    mode: option(oneOf("name", [...MODES, "both" as const]), "input of each stage")
      .default("both"),
    rounds: option(wholeNumber(1, 1000), "runs of each implementation on each input")
      .shownDefault("rounds of the file, else 1"),
    seed: option(wholeNumber(0, 2 ** 32 - 1), "seed of the order of the runs, which is recorded")
      .shownDefault("the clock"),
    keepDir: option(OUTPUT_FOLDER, "also keep the seams of the first round in this folder"),
    statistics: STATISTICS,
    ...PARITY_EXPORTS,
  },
  exitCodes: ["all seams passed", "a seam failed"],
  async run(values, [path = ""]): Promise<number> {
    const { openDescribed, runDescribed } = await import("../harness/mod.ts");
    const { implementation, input, mode, rounds, keepDir } = values;
    const { seed = Date.now() % 2 ** 32 } = values;
    const status = new StatusLine();
    const report = await openDescribed(path).then((described) =>
      runDescribed(described, {
        ...(implementation && { implementations: implementation }),
        ...(input && { inputs: input }),
        modes: mode === "both" ? MODES : [mode],
        ...(rounds !== undefined && { rounds }),
        ...(keepDir !== undefined && { keep: keepDir }),
        seed,
        onTurn: (description) => status.show(description),
      })
    ).finally(() => status.clear());
    return await show(report, values);
  },
});

const record = command({
  name: `${CALL} harness record`,
  description:
    `Runs the reference implementation on every input and stores its seams in the folder of references, with their hashes,
the command that made them, the versions that it wrote to versions.json, and the error of its own float32 run. The folder
is replaced only when all of it is written.`,
  arguments: FILE,
  options: {
    implementation: option(text("name"), "implementation whose seams are stored")
      .shownDefault("the reference of the file"),
    out: option(OUTPUT_FOLDER, "folder of references").shownDefault("the folder of the file"),
    sample: option(
      wholeNumber(1, 1e8),
      "store only so many elements of a larger seam, with mean and rms of all; such a seam cannot be " +
        "the input of isolated mode",
    ).shownDefault("all elements"),
  },
  async run(values, [path = ""]): Promise<number> {
    const { openDescribed, recordDescribed } = await import("../harness/mod.ts");
    const status = new StatusLine();
    const { folder, list } = await openDescribed(path).then((described) =>
      recordDescribed(described, {
        ...pick(values, "implementation", "out", "sample"),
        onTurn: (description) => status.show(description),
      })
    ).finally(() => status.clear());
    const seams = Object.values(list.inputs).flatMap((input) => Object.keys(input.seams));
    console.log(
      `${seams.length} seams of ${Object.keys(list.inputs).length} inputs: ${
        join(folder, "references.json")
      }`,
    );
    return 0;
  },
});

const report = command({
  name: `${CALL} harness report`,
  description: "Shows a stored report of harness run or of parity, also of older versions.",
  arguments: { "<report>": "JSON of --export-json" },
  options: { statistics: STATISTICS, ...PARITY_EXPORTS },
  exitCodes: ["all seams passed", "a seam failed"],
  async run(values, [path = ""]): Promise<number> {
    const { readParityReport } = await import("../parity/mod.ts");
    const content = await readFile(path, "utf8").catch((cause) => {
      throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
    });
    return await show(readParityReport(content), values);
  },
});

/** The command `harness`. */
export const harness: Command = command({
  name: `${CALL} harness`,
  description:
    "Compares and times the implementations of any pipeline that a file parity.toml describes.",
  commands: {
    run: { summary: "run the implementations and compare every seam", load: () => run },
    record: { summary: "store the references", load: () => record },
    report: { summary: "show a stored report", load: () => report },
  },
});

/** Prints a report and writes its files. */
async function show(
  report: ParityReport,
  values: Parameters<typeof writeParityReport>[1] & { readonly statistics: boolean },
): Promise<number> {
  const parity = await import("../parity/mod.ts");
  console.log(parity.parityTable(report));
  for (const walk of report.walks ?? []) console.log(`\n${parity.walkText(walk)}`);
  if (values.statistics) console.log(`\n${parity.statisticsTable(report)}`);
  const times = parity.timingTable(report);
  if (times !== undefined) console.log(`\n${times}`);
  await writeParityReport(report, values);
  if (parity.comparedNothing(report)) throw new UsageError("Nothing was compared");
  return parity.passed(report) ? 0 : 1;
}
