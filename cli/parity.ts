/**
 * `parity`: compares every stage with the stored references.
 *
 * @module
 */

import { CALL, FIXTURES_FOLDER } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import { MODES, SUITES } from "../parity/suites.ts";
import { STAGES } from "../pipeline/stages.ts";
import { oneOf, text } from "./argument_types.ts";
import { type Command, command, flag, option, pick, type Values } from "./command.ts";
import { COMPUTE_OPTIONS } from "./_options.ts";
import { PARITY_EXPORTS, writeParityReport } from "./_parity_files.ts";
import { StatusLine } from "./status_line.ts";

const { weightsDir, backend, threads } = COMPUTE_OPTIONS;

const OPTIONS = {
  suite: option(oneOf("name", SUITES), "only this suite").repeated(),
  stage: option(oneOf("name", STAGES.map(({ name }) => name)), "only this stage").repeated(),
  mode: option(
    oneOf("name", [...MODES, "both" as const]),
    "isolated: the input of each stage is the reference; chained: it is the output of the stages before",
  ).default("both"),
  fixturesDir: option(text("dir"), "folder with the manifest and the references")
    .default(FIXTURES_FOLDER, "those of the program"),
  statistics: flag(
    "also print for each seam the mean and rms of the error, its 99.9 % quantile, the largest " +
      "relative error, distances in units in the last place, the factor by which errors could grow, " +
      "and their growth from stage to stage",
  ),
  walk: flag(
    "where a stage fails, find the first of its inner operations that is wrong, with seeded weights; " +
      "with the backend onnx all stages but network",
  ),
  ...PARITY_EXPORTS,
  weightsDir,
  backend: backend.default("native"),
  threads,
} as const;

/** The command `parity`. */
export const parity: Command = command({
  name: `${CALL} parity`,
  description:
    `Runs every stage on stored audio and compares each seam with the reference of the original programs.

An element passes when |actual - expected| <= 1e-6 + 1e-6 |expected|. Beats, positions, tempo, boundaries and labels
must be equal (times to 1e-9 s), and 16-bit stems within one step in at most 1 % of the samples.

A suite whose weights are missing, or that has none of the stages, is skipped, unless it was named.`,
  options: OPTIONS,
  commands: {
    record: {
      summary: "write every seam of a track to files",
      load: async () => (await import("./parity_record.ts")).parityRecord,
    },
    diff: {
      summary: "compare two folders of seams, of any two programs",
      load: async () => (await import("./parity_diff.ts")).parityDiff,
    },
    beats: {
      summary: "compare two results of one track",
      load: async () => (await import("./parity_beats.ts")).parityBeats,
    },
    backends: {
      summary: "compare the networks on all available backends",
      load: async () => (await import("./parity_backends.ts")).parityBackends,
    },
  },
  exitCodes: ["all seams passed", "a seam failed"],
  run: runSuites,
});

async function runSuites(values: Values<typeof OPTIONS>): Promise<number> {
  const parity = await import("../parity/mod.ts");
  const { suite, stage, mode } = values;
  const status = new StatusLine();
  const { report, unwalked } = await parity.runParity({
    directory: values.fixturesDir,
    ...(suite && { suites: suite }),
    ...(stage && { stages: stage }),
    modes: mode === "both" ? MODES : [mode],
    ...pick(values, "walk", "weightsDir"),
    compute: pick(values, "backend", "threads"),
    onStage: (description) => status.show(description),
  }).finally(() => status.clear());
  console.log(parity.parityTable(report));
  for (const walk of report.walks ?? []) console.log(`\n${parity.walkText(walk)}`);
  for (const reason of unwalked) console.log(`\nwalk: ${reason}`);
  if (values.statistics) console.log(`\n${parity.statisticsTable(report)}`);
  await writeParityReport(report, values);
  if (parity.comparedNothing(report)) {
    throw new UsageError("Nothing was compared: no suite could run");
  }
  return parity.passed(report) ? 0 : 1;
}
