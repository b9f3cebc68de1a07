/**
 * `history`: lists, exchanges and removes the runs of a history.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { textTable } from "../core/table.ts";
import { CALL } from "../core/program.ts";
import { writeWhole } from "../core/files.ts";
import { UsageError } from "../core/usage_error.ts";
import type { History, RunReport } from "../reports/mod.ts";
import { wholeNumber } from "./argument_types.ts";
import { type Command, command, flag, option } from "./command.ts";
import { ensureHistory, HISTORY } from "./_options.ts";
import { ensureFile } from "./_writable.ts";

const MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000;

const list = command({
  name: `${CALL} history list`,
  description: "Prints the runs of a history.",
  options: { history: HISTORY },
  run: (values) => withHistory(values.history, listRuns),
});

const exportTo = command({
  name: `${CALL} history export`,
  description:
    `Writes the runs of a history as JSON Lines: one run a line (reports/history.schema.json), then the
identifier of the pinned run.`,
  arguments: { "<file>": "file to write, such as runs.jsonl" },
  options: { history: HISTORY },
  run: (values, [file = ""]) => withHistory(values.history, (history) => exportRuns(history, file)),
});

const importFrom = command({
  name: `${CALL} history import`,
  description:
    "Adds the runs of exported files to a history. A run that the history has is skipped.",
  arguments: { "<file...>": "files as history export writes them" },
  options: { history: HISTORY },
  exitCodes: ["all lines are imported", "a line could not be imported"],
  async run(values, files): Promise<number> {
    const { History } = await import("../reports/mod.ts");
    const history = await History.open(values.history);
    try {
      return await importRuns(history, files);
    } finally {
      history.close();
    }
  },
});

const pin = command({
  name: `${CALL} history pin`,
  description: "Pins the run that is the baseline of the setting pinned, or removes the pin.",
  arguments: { "[run]": "identifier of the run" },
  options: { history: HISTORY, none: flag("remove the pin") },
  run: (values, [run]) =>
    withHistory(values.history, (history) => {
      if ((run === undefined) !== values.none) {
        throw new UsageError("Expected one run after history pin, or --none");
      }
      history.pin(run ?? null);
      return 0;
    }),
});

const prune = command({
  name: `${CALL} history prune`,
  description: "Removes old runs from a history; the pinned run stays.",
  options: {
    history: HISTORY,
    keepDays: option(wholeNumber(0, 1_000_000), "age in days up to which runs stay").required(),
  },
  run: ({ history: path, keepDays }) =>
    withHistory(path, (history) => {
      const before = new Date(Date.now() - keepDays * MILLISECONDS_A_DAY).toISOString();
      console.log(`${history.prune(before)} runs removed`);
      return 0;
    }),
});

/** The command `history`. */
export const history: Command = command({
  name: `${CALL} history`,
  description:
    "Lists, exchanges, pins and removes the runs that bench and nightly keep in a history.",
  options: { history: HISTORY },
  commands: {
    list: { summary: "print the runs", load: () => list },
    export: { summary: "write the runs to a file", load: () => exportTo },
    import: { summary: "add the runs of files", load: () => importFrom },
    pin: { summary: "choose the pinned run", load: () => pin },
    prune: { summary: "remove old runs", load: () => prune },
  },
});

/** Opens a history that exists, and closes it after the work. */
async function withHistory(
  path: string,
  work: (history: History) => number | Promise<number>,
): Promise<number> {
  await ensureHistory(path);
  const { History } = await import("../reports/mod.ts");
  const history = await History.open(path);
  try {
    return await work(history);
  } finally {
    history.close();
  }
}

function listRuns(history: History): number {
  const pinned = history.pinned();
  const rows = history.runs({ all: true }).map((run) => [
    run.id,
    run.startedAt,
    run.program.commit?.slice(0, 10) ?? "",
    run.machine.fingerprint,
    String(run.measurements.length),
    stateOf(run, pinned),
  ]);
  const head = ["run", "started", "commit", "machine", "measurements", "state"];
  console.log(textTable([head, ...rows], (column) => column === 4).join("\n"));
  return 0;
}

function stateOf({ id, finishedAt, confirms }: RunReport, pinned: string | null): string {
  const words = [
    ...(id === pinned ? ["pinned"] : []),
    ...(finishedAt === null ? ["interrupted"] : []),
    ...(confirms === undefined ? [] : [`confirms ${confirms}`]),
  ];
  return words.join(", ");
}

async function exportRuns(history: History, file: string): Promise<number> {
  await ensureFile(file, "another FILE");
  const lines = history.runs({ all: true }).map((run) => JSON.stringify(run) + "\n");
  const pinned = history.pinned();
  const last = pinned === null ? "" : JSON.stringify({ pinned }) + "\n";
  await writeWhole(file, lines.join("") + last);
  console.log(`${lines.length} runs written to ${file}`);
  return 0;
}

async function importRuns(history: History, files: readonly string[]): Promise<number> {
  const { readHistoryLine } = await import("../reports/mod.ts");
  let [added, known, wrong] = [0, 0, 0];
  for (const file of files) {
    if (!await stat(file).then((found) => found.isFile(), () => false)) {
      throw new UsageError(`There is no file ${file}`);
    }
    let number = 0;
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      try {
        const read = readHistoryLine(line);
        if ("pinned" in read) history.pin(read.pinned);
        else if (history.import(read)) added++;
        else known++;
      } catch (error) {
        wrong++;
        console.error(`${file}, line ${number}: ${(error as Error).message}`);
      }
    }
  }
  console.log(`${added} runs added, ${known} were there already, ${wrong} could not be read`);
  return wrong === 0 ? 0 : 1;
}
