/**
 * `parity`: every stage against upstream's stored answers.
 *
 * @module
 */

import { writeWhole } from "../core/files.ts";
import { type Mode, MODES } from "../parity/judge.ts";
import { fixturesDirectory, SUITES } from "../parity/manifest.ts";
import { parityJunit } from "../parity/render/junit.ts";
import { parityMarkdown } from "../parity/render/markdown.ts";
import { parityPage } from "../parity/render/parity_page.ts";
import { type ParityReport, parityTable, passed } from "../parity/render/report.ts";
import { statisticsTable } from "../parity/render/statistics.ts";
import { runParity } from "../parity/run.ts";
import { walkText } from "../parity/render/walk_text.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { STAGES } from "../pipeline/stages.ts";
import { oneOf } from "./one_of.ts";
import { parsedArgs } from "./parsed_args.ts";
import { StatusLine } from "./status_line.ts";
import { threadCount } from "./thread_count.ts";
import { ensureFile } from "./writable.ts";

/** What `parity --help` prints. */
export const PARITY_HELP = `Usage: deno task parity [options]
       deno task parity record | diff | beats | backends ... (each takes --help)

Runs every stage on stored audio and compares each seam with the stored answer of the original
programs. An element passes when |actual - expected| <= 1e-6 + 1e-6 |expected|; beats, positions,
tempo, boundaries and labels must be equal (times to 1e-9 s), and stems of 16 bit within one step in
at most 1 % of the samples. record writes the seams of a track to files, diff compares two such
folders, whoever wrote them, beats compares two results, and backends compares all who can compute
a network.

      --suite NAME         only this suite (seeded, embedded, harmonix); may be given several times
      --stage NAME         only this stage, may be given several times: ${
  STAGES.map(({ name }) => name).join(", ")
}
      --mode NAME          isolated: each stage is fed references; chained: what came before it;
                           both (default)
      --weights-dir DIR    folder with the published weights (default: $TACTUS_MODELS_DIR, else the
                           folder that deno task models path prints)
      --fixtures-dir DIR   folder with manifest and references (default: the repository's)
      --statistics         also print, of each seam, mean and rms of the error, the 99.9 % quantile, the
                           largest relative error, distances in units in the last place, how many
                           times as large errors could be, and how they grow from stage to stage
      --walk               where a stage fails, look for the first of its inner operations that is wrong,
                           with seeded weights: demix, spectrogram, network or metrical
      --export-json FILE   also write the report as JSON (parity/render/parity_report.schema.json)
      --export-markdown FILE
                           also write it as Markdown, for a pull request
      --export-junit FILE  also write it as JUnit XML, for continuous integration
      --export-html FILE   also write it as a page that needs nothing else, with errors over time
      --backend NAME       who computes the networks: native (default) or onnx, of which only the
                           separation can be walked through
      --threads N          threads of the networks (default: one for each core)
  -h, --help               print this

A suite whose weights are missing, or that has none of the stages, is not run, unless it was named.
Exit codes: 0 all passed, 1 a seam failed, 2 the call was wrong or a named suite could not run`;

/** What can follow `parity` besides its options, loaded when it is called. */
const ACTIONS = {
  record: async () => (await import("./parity_record.ts")).parityRecord,
  diff: async () => (await import("./parity_diff.ts")).parityDiff,
  beats: async () => (await import("./parity_beats.ts")).parityBeats,
  backends: async () => (await import("./parity_backends.ts")).parityBackends,
} as const;

const OPTIONS = {
  suite: { type: "string", multiple: true },
  stage: { type: "string", multiple: true },
  mode: { type: "string", default: "both" },
  "weights-dir": { type: "string" },
  "fixtures-dir": { type: "string", default: fixturesDirectory },
  statistics: { type: "boolean", default: false },
  walk: { type: "boolean", default: false },
  "export-json": { type: "string" },
  "export-markdown": { type: "string" },
  "export-junit": { type: "string" },
  "export-html": { type: "string" },
  backend: { type: "string", default: "native" },
  threads: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** How the report is written to the file that each option names. */
const WRITERS = {
  "export-json": (report: ParityReport): string => JSON.stringify(report, null, 2) + "\n",
  "export-markdown": parityMarkdown,
  "export-junit": parityJunit,
  "export-html": parityPage,
} as const;

const EXPORTS = Object.keys(WRITERS) as (keyof typeof WRITERS)[];

/**
 * Runs the command.
 *
 * @param args what follows `parity` on the command line
 * @returns the exit code: 0, or 1 when a seam failed
 * @throws {UsageError | ReferenceError | ModelError} if the call is wrong, a stored reference is not
 * what the manifest says, or the weights of a named suite are missing
 */
export async function parityCommand(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first !== undefined && Object.hasOwn(ACTIONS, first)) {
    return await (await ACTIONS[first as keyof typeof ACTIONS]())(rest);
  }
  const { values } = parsedArgs("parity", { args: [...args], options: OPTIONS });
  if (values.help) {
    console.log(PARITY_HELP);
    return 0;
  }
  const { suite, stage, threads } = values;
  const weightsDir = values["weights-dir"];
  for (const option of EXPORTS) {
    const file = values[option];
    if (file !== undefined) await ensureFile(file, `--${option}`);
  }
  const status = new StatusLine();
  const { report, unwalked } = await runParity({
    directory: values["fixtures-dir"],
    ...(suite && { suites: suite.map((name) => oneOf("suite", name, SUITES)) }),
    ...(stage && { stages: chosenStages(stage) }),
    modes: chosenModes(values.mode),
    walk: values.walk,
    compute: {
      backend: oneOf("backend", values.backend, BACKENDS),
      ...(threads !== undefined && { threads: threadCount(threads) }),
    },
    ...(weightsDir !== undefined && { weightsDir }),
    onStep: (description) => status.show(description),
  }).finally(() => status.clear());
  console.log(parityTable(report));
  for (const walk of report.walks ?? []) console.log(`\n${walkText(walk)}`);
  for (const why of unwalked) console.log(`\nwalk: ${why}`);
  if (values.statistics) console.log(`\n${statisticsTable(report)}`);
  for (const option of EXPORTS) {
    const file = values[option];
    if (file !== undefined) await writeWhole(file, WRITERS[option](report));
  }
  return passed(report) ? 0 : 1;
}

function chosenStages(named: readonly string[]): string[] {
  return named.map((name) => oneOf("stage", name, STAGES.map((stage) => stage.name)));
}

function chosenModes(mode: string): readonly Mode[] {
  const chosen = oneOf("mode", mode, [...MODES, "both" as const]);
  return chosen === "both" ? MODES : [chosen];
}
