/**
 * `nightly`: runs parity, bench and evaluate, and compares them with earlier runs.
 *
 * @module
 */

import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type HeldLock, tryLockFile } from "../core/file_lock.ts";
import { UsageError } from "../core/usage_error.ts";
import { CALL, FIXTURES_FOLDER } from "../core/program.ts";
import { SUITES } from "../parity/suites.ts";
import { TRACK_OPTIONS, withBench } from "./_bench_options.ts";
import { oneOf, OUTPUT_FOLDER, text } from "./argument_types.ts";
import type { ParityReport } from "../parity/mod.ts";
import type { NightlySubject } from "../reports/mod.ts";
import { writeParityReport } from "./_parity_files.ts";
import { type Command, command, option, optionName, type Values } from "./command.ts";
import { SETTINGS } from "./_options.ts";
import { exportsIn, writeExports } from "./_report_files.ts";
import { StatusLine } from "./status_line.ts";

const OPTIONS = {
  outDir: option(OUTPUT_FOLDER, "folder for the reports").short("o").default("./nightly"),
  history: option(
    text("file"),
    "history with the earlier runs",
  ).shownDefault("history.sqlite in the folder for the reports"),
  settings: SETTINGS,
  suite: option(oneOf("name", SUITES), "only this suite of parity").repeated(),
  evaluate: option(text("dir"), "folder with annotated tracks")
    .default(join(FIXTURES_FOLDER, "audio"), "the demo pieces"),
  skip: option(oneOf("part", ["parity", "evaluate"]), "leave out this part").repeated(),
  ...TRACK_OPTIONS,
  rounds: TRACK_OPTIONS.rounds.default(10),
} as const;

/** The command `nightly`. */
export const nightly: Command = command({
  name: `${CALL} nightly`,
  description:
    `Runs parity, bench and evaluate, compares the results with those of earlier runs, and writes a report. A stage that
looks slower is measured a second time before it counts. The history keeps each measurement as soon as it is made, and an
interrupted run continues.`,
  arguments: {
    "[track...]": "tracks as in bench; or one parity.toml, whose pipeline is measured instead",
  },
  options: OPTIONS,
  exitCodes: ["nothing became worse", "a result became slower, less accurate or worse"],
  run: runNightly,
});

/** Options of the run of a described pipeline. */
const OF_ANY_PIPELINE: readonly string[] = [
  ...["outDir", "history", "settings", "skip", "rounds", "seed"],
];

async function runNightly(
  values: Values<typeof OPTIONS>,
  tracks: readonly string[],
  given: ReadonlySet<string>,
): Promise<number> {
  const [file] = tracks;
  if (file?.endsWith(".toml")) return await runDescribedNightly(values, tracks, given);
  const { suite = [], evaluate } = values;
  if (!await stat(evaluate).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`--evaluate ${evaluate} is not a folder: name one with annotated tracks`);
  }
  const { ownNightly } = await import("../reports/mod.ts");
  return await measured(values, [], (status, work) =>
    withBench(
      values,
      tracks,
      status,
      (bench) => work(ownNightly({ bench, suites: suite, evaluate })),
    ));
}

async function runDescribedNightly(
  values: Values<typeof OPTIONS>,
  [file = "", ...others]: readonly string[],
  given: ReadonlySet<string>,
): Promise<number> {
  const wrong = [...given].find((name) => !OF_ANY_PIPELINE.includes(name));
  if (wrong !== undefined || others.length > 0) {
    throw new UsageError(
      `${
        wrong === undefined ? others[0] : optionName(wrong)
      } cannot be combined with ${file}; see ` +
        `${CALL} nightly --help`,
    );
  }
  const { describedNightly, openDescribed } = await import("../harness/mod.ts");
  const { rounds, seed = Date.now() % 2 ** 32 } = values;
  const described = await openDescribed(file);
  const stages = described.pipeline.stages.map(({ name }) => name);
  return await measured(values, stages, async (status, work) => {
    const onTurn = (text: string): void => status.show(text);
    const onReport = (report: ParityReport): Promise<void> =>
      writeParityReport(report, {
        exportJson: join(values.outDir, "parity.json"),
        exportMarkdown: join(values.outDir, "parity.md"),
        exportJunit: join(values.outDir, "parity.xml"),
        exportHtml: join(values.outDir, "parity.html"),
      });
    const options = { rounds, seed, onTurn, onReport };
    return await work(describedNightly(described, options));
  });
}

/**
 * Measures, decides and writes the reports.
 *
 * @param values values of the options
 * @param stages names of the stages of a described pipeline
 * @param prepare makes the subject, and passes it on to the work
 * @returns the exit code
 */
async function measured(
  values: Values<typeof OPTIONS>,
  stages: readonly string[],
  prepare: (
    status: StatusLine,
    work: (subject: NightlySubject) => Promise<number>,
  ) => Promise<number>,
): Promise<number> {
  const { History, nightlyRun, readRegressionSettings, terminalReport } = await import(
    "../reports/mod.ts"
  );
  const { outDir, skip } = values;
  const settings = await readRegressionSettings(values.settings, stages);
  const path = values.history ?? join(outDir, "history.sqlite");
  const lock = await lockOf(path);
  const status = new StatusLine();
  try {
    return await prepare(status, async (subject) => {
      // Opened after the checks, so that a wrong call leaves no file behind.
      const history = await History.open(path);
      try {
        const view = await nightlyRun(history, {
          ...{ subject, settings, skipped: new Set(skip) },
          onPart: (name) => status.show(name),
          onResume: ({ startedAt }) =>
            status.print(`Continuing the run of ${startedAt}, which was interrupted`),
        });
        await writeExports(view, exportsIn(outDir));
        history.finish(view.run.id, view.run.finishedAt!);
        status.clear();
        console.log(terminalReport(view));
        return view.decision?.verdict === "quiet" ? 0 : 1;
      } finally {
        history.close();
      }
    });
  } finally {
    status.clear();
    await lock.release();
  }
}

/** Locks a history; throws {@linkcode UsageError} if another process measures with it. */
async function lockOf(history: string): Promise<HeldLock> {
  await mkdir(dirname(history), { recursive: true });
  const lock = await tryLockFile(`${history}.lock`);
  if (lock !== null) return lock;
  throw new UsageError(
    `Another process measures with ${history}: wait until it is done, or name another --history`,
  );
}
