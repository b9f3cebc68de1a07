/**
 * `parity`: every stage against upstream's stored answers.
 *
 * @module
 */

import { KernelError } from "../kernels/kernels.ts";
import { ModelError } from "../models/model_error.ts";
import { loadModel } from "../models/registry.ts";
import { parityJunit } from "../parity/render/junit.ts";
import { parityMarkdown } from "../parity/render/markdown.ts";
import { errorGrowth } from "../parity/growth.ts";
import { type Mode, MODES } from "../parity/judge.ts";
import {
  fixturesDirectory,
  type Manifest,
  readManifest,
  ReferenceError,
  type SuiteEntry,
  SUITES,
} from "../parity/manifest.ts";
import { parityPage } from "../parity/render/parity_page.ts";
import {
  type ParityReport,
  parityTable,
  passed,
  type SuiteReport,
} from "../parity/render/report.ts";
import { statisticsTable } from "../parity/render/statistics.ts";
import { runSuite, stagesOf, type SuiteOptions } from "../parity/suite.ts";
import { type Walk, walkText } from "../parity/walk.ts";
import { walkStage } from "../parity/walk_stages.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { writeWhole } from "../core/files.ts";
import { STAGES } from "../pipeline/stages.ts";
import { ensureFile } from "./writable.ts";
import { oneOf } from "./one_of.ts";
import { StatusLine } from "./status_line.ts";
import { parsedArgs } from "./parsed_args.ts";
import { threadCount } from "./thread_count.ts";
import { UsageError } from "../core/usage_error.ts";

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
  const directory = values["fixtures-dir"];
  const manifest = await readManifest(directory);
  const names = chosenSuites(manifest, values.suite);
  const modes = chosenModes(values.mode);
  const stages: Pick<SuiteOptions, "stages"> = values.stage === undefined
    ? {}
    : { stages: chosenStages(values.stage) };
  const backend = oneOf("backend", values.backend, BACKENDS);
  const threads = values.threads === undefined ? {} : { threads: threadCount(values.threads) };
  for (const option of EXPORTS) {
    const file = values[option];
    if (file !== undefined) await ensureFile(file, `--${option}`);
  }
  const status = new StatusLine();
  const suites: SuiteReport[] = [];
  for (const name of names) {
    const suite = manifest.suites[name] as SuiteEntry;
    if (stagesOf(suite, stages.stages).length === 0) {
      const notRun = `it has no references of ${values.stage?.join(", ")}`;
      if (values.suite !== undefined) throw new UsageError(`--suite ${name}: ${notRun}`);
      suites.push({ suite: name, model: suite.model, notRun, results: [], growth: [] });
      continue;
    }
    const model = await modelOf(suite, values["weights-dir"]);
    if (model instanceof ModelError) {
      if (values.suite !== undefined) throw model;
      suites.push({
        suite: name,
        model: suite.model,
        notRun: model.message,
        results: [],
        growth: [],
      });
      continue;
    }
    const results = await runSuite(name, suite, manifest, {
      model: Promise.resolve(model),
      embeddings: true,
      backend,
      ...threads,
    }, {
      directory,
      modes,
      ...stages,
      loadDemixer: (model) => loadDemixer(model, { ...threads, backend }),
      onStage: (description) => status.show(description),
    });
    suites.push({ suite: name, model: suite.model, results, growth: errorGrowth(results) });
  }
  const walks: Walk[] = [];
  const unwalked: string[] = [];
  for (const stage of values.walk ? failedStages(suites) : []) {
    status.show(`walking through ${stage}`);
    if (backend === "onnx" && stage === "network") {
      unwalked.push("network: only our own kernels can be walked through");
      continue;
    }
    try {
      const walk = await walkStage(stage, manifest, { directory, backend, ...threads });
      if (walk === null) unwalked.push(`${stage}: no inner seams of it are stored`);
      else walks.push(walk);
    } catch (error) {
      const isExpected = [ReferenceError, KernelError, ModelError]
        .some((kind) => error instanceof kind);
      if (!isExpected) throw error;
      // What the stages came to is told all the same.
      unwalked.push(`${stage}: it could not be made: ${(error as Error).message}`);
    }
  }
  status.clear();
  const report: ParityReport = {
    ...{ format: 1, upstream: manifest.versions, suites },
    ...(values.walk && { walks }),
  };
  console.log(parityTable(report));
  for (const walk of walks) console.log(`\n${walkText(walk)}`);
  for (const why of unwalked) console.log(`\nwalk: ${why}`);
  if (values.statistics) console.log(`\n${statisticsTable(report)}`);
  for (const option of EXPORTS) {
    const file = values[option];
    if (file !== undefined) await writeWhole(file, WRITERS[option](report));
  }
  return passed(report) ? 0 : 1;
}

/** Names of the stages of which a seam failed, in the order of the data. */
function failedStages(suites: readonly SuiteReport[]): string[] {
  const failed = suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict === "fail").map(({ stage }) => stage);
  return STAGES.map(({ name }) => name).filter((name) => failed.includes(name));
}

/** The weights of a suite, or why they cannot be had. Damaged weights are never passed over. */
async function modelOf(
  suite: SuiteEntry,
  weightsDirectory: string | undefined,
): Promise<NetworkModel | ModelError> {
  try {
    const checkpoints = await loadModel(suite.model, {
      ...(weightsDirectory !== undefined && { weightsDir: weightsDirectory }),
    });
    return networkModel(suite.model, checkpoints);
  } catch (error) {
    if (error instanceof ModelError && error.problem === "not-found") return error;
    throw error;
  }
}

function chosenSuites(manifest: Manifest, named: readonly string[] | undefined): readonly string[] {
  const chosen = named?.map((name) => oneOf("suite", name, SUITES)) ?? SUITES;
  for (const name of chosen) {
    if (manifest.suites[name] === undefined) {
      throw new ReferenceError(`The manifest of references has no suite ${name}`);
    }
  }
  return chosen;
}

function chosenStages(named: readonly string[]): string[] {
  return named.map((name) => oneOf("stage", name, STAGES.map((stage) => stage.name)));
}

function chosenModes(mode: string): readonly Mode[] {
  const chosen = oneOf("mode", mode, [...MODES, "both" as const]);
  return chosen === "both" ? MODES : [chosen];
}
