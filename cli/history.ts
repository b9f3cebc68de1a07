/**
 * `history`: what the nights left behind.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { textTable } from "../core/table.ts";
import { writeWhole } from "../core/files.ts";
import { History } from "../reports/history.ts";
import { readHistoryLine } from "../reports/report_document.ts";
import type { RunReport } from "../reports/run_report.ts";
import { parsedArgs } from "./parsed_args.ts";
import { UsageError } from "../core/usage_error.ts";
import { wholeNumber } from "./whole_number.ts";
import { ensureFile } from "./writable.ts";

/** What `history --help` prints. */
export const HISTORY_HELP = `Usage: deno task history list
       deno task history export FILE.jsonl
       deno task history import FILE.jsonl...
       deno task history pin RUN | --none
       deno task history prune --keep-days N

Shows the runs of a history, writes them to a file or takes them from one (JSON Lines, one run a
line, as reports/run_report.ts describes it, and which is pinned), chooses the run that pinned
baselines mean, or removes what is old; the pinned run stays. Runs that are there already are left alone.

      --history FILE       which (default: ./nightly/history.sqlite)
      --keep-days N        what started in the last N days stays
  -h, --help               print this

Exit codes: 0 done, 1 a line could not be imported, 2 the call was wrong or could not run`;

const OPTIONS = {
  history: { type: "string", default: "./nightly/history.sqlite" },
  "keep-days": { type: "string" },
  none: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000;

type Action = (history: History, args: readonly string[], values: Values) => Promise<number>;

interface Values {
  readonly "keep-days"?: string | undefined;
  readonly none?: boolean | undefined;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list,
  export: exportRuns,
  import: importRuns,
  pin,
  prune,
};

/**
 * Runs the command.
 *
 * @param args what follows `history` on the command line
 * @returns the exit code
 * @throws {UsageError | HistoryError} if the call is wrong, or the history cannot be read or written
 */
export async function historyCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("history", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HISTORY_HELP);
    return 0;
  }
  const [name = "", ...rest] = positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    throw new UsageError(
      `Expected one of ${Object.keys(ACTIONS).join(", ")} after history, but got ${
        name || "nothing"
      }`,
    );
  }
  if (action !== importRuns && !await stat(values.history).then(() => true, () => false)) {
    throw new UsageError(`There is no history ${values.history}: name another by --history`);
  }
  const history = await History.open(values.history);
  try {
    return await action(history, rest, values);
  } finally {
    history.close();
  }
}

function list(history: History, args: readonly string[]): Promise<number> {
  none(args, "list");
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
  return Promise.resolve(0);
}

function stateOf({ id, finishedAt, confirms }: RunReport, pinned: string | null): string {
  const words = [
    ...(id === pinned ? ["pinned"] : []),
    ...(finishedAt === null ? ["ended early"] : []),
    ...(confirms === undefined ? [] : [`confirms ${confirms}`]),
  ];
  return words.join(", ");
}

async function exportRuns(history: History, args: readonly string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UsageError("Expected one file after history export");
  }
  await ensureFile(file, "another FILE");
  const lines = history.runs({ all: true }).map((run) => JSON.stringify(run) + "\n");
  const pinned = history.pinned();
  const last = pinned === null ? "" : JSON.stringify({ pinned }) + "\n";
  await writeWhole(file, lines.join("") + last);
  console.log(`${lines.length} runs written to ${file}`);
  return 0;
}

async function importRuns(history: History, files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new UsageError("Expected files after history import");
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

function pin(history: History, args: readonly string[], values: Values): Promise<number> {
  const [run, ...more] = args;
  if (more.length > 0 || (run === undefined) !== values.none) {
    throw new UsageError("Expected one run after history pin, or --none");
  }
  history.pin(run ?? null);
  return Promise.resolve(0);
}

function prune(history: History, args: readonly string[], values: Values): Promise<number> {
  none(args, "prune");
  const text = values["keep-days"];
  if (text === undefined) throw new UsageError("Expected --keep-days N after history prune");
  const days = wholeNumber("keep-days", text, 0, 1_000_000);
  const before = new Date(Date.now() - days * MILLISECONDS_A_DAY).toISOString();
  console.log(`${history.prune(before)} runs removed`);
  return Promise.resolve(0);
}

function none(args: readonly string[], action: string): void {
  if (args.length > 0) {
    throw new UsageError(`Expected nothing after history ${action}, but got ${args.join(" ")}`);
  }
}
