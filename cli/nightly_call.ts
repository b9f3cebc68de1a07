/**
 * What the command line of `nightly` asks for.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fixturesDirectory, SUITES } from "../parity/manifest.ts";
import {
  TRACK_OPTIONS,
  TRACK_OPTIONS_HELP,
  type TracksCall,
  tracksCall,
} from "./bench_tracks_call.ts";
import { oneOf } from "./one_of.ts";
import { parsedArgs } from "./parsed_args.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFolder } from "./writable.ts";

/** What can be left out. */
const SKIPPABLE = ["parity", "evaluate"] as const;

/** The settings that come with the program. */
export const DEFAULT_SETTINGS: string = join(fixturesDirectory, "..", "regression.toml");

/** What `nightly --help` prints. */
export const NIGHTLY_HELP = `Usage: deno task nightly [TRACK...] [options]

Runs parity, bench and evaluate, compares what they found with the nights before, and writes a
report. What looks slower is measured a second time before it counts. Everything is kept in a
history, each measurement as soon as it is made; a night that was ended goes on where it was.

  -o, --out-dir DIR        where the reports go (default: ./nightly)
      --history FILE       the nights before (default: history.sqlite in that folder)
      --settings FILE      what counts as a regression (default: the repository's regression.toml)
      --suite NAME         only this suite of parity; may be given several times
      --evaluate DIR       tracks with their truth (default: the demo pieces)
      --skip STEP          leave out ${SKIPPABLE.join(" or ")}; may be given several times
${TRACK_OPTIONS_HELP.replace("default: 5", "default: 10")}
  -h, --help               print this

Exit codes: 0 nothing happened, 1 something became slower, less accurate or worse, 2 it could not run`;

const OPTIONS = {
  ...TRACK_OPTIONS,
  rounds: { type: "string", default: "10" },
  "out-dir": { type: "string", short: "o", default: "./nightly" },
  history: { type: "string" },
  settings: { type: "string", default: DEFAULT_SETTINGS },
  suite: { type: "string", multiple: true },
  evaluate: { type: "string", default: join(fixturesDirectory, "audio") },
  skip: { type: "string", multiple: true },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** A call of the command, understood. */
export interface NightlyCall extends TracksCall {
  /** The tracks; none for the demo pieces. */
  readonly paths: readonly string[];
  readonly outputDirectory: string;
  readonly history: string;
  readonly settings: string;
  readonly suites: readonly string[];
  readonly evaluate: string;
  readonly skipped: ReadonlySet<string>;
}

/**
 * Reads a command line.
 *
 * @param args what follows `nightly`
 * @returns the call; null where help was asked for
 * @throws {UsageError | ModelError} if an option is unknown or has a wrong value
 */
export async function understandNightly(args: readonly string[]): Promise<NightlyCall | null> {
  const { values, positionals } = parsedArgs("nightly", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) return null;
  const suites = values.suite?.map((name) => oneOf("suite", name, SUITES)) ?? [];
  if (!await stat(values.evaluate).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(
      `--evaluate ${values.evaluate} is no folder: name one with tracks and truth`,
    );
  }
  const outputDirectory = values["out-dir"];
  await ensureFolder(outputDirectory, "--out-dir");
  return {
    ...tracksCall(values),
    paths: positionals,
    outputDirectory,
    history: values.history ?? join(outputDirectory, "history.sqlite"),
    settings: values.settings,
    suites,
    evaluate: values.evaluate,
    skipped: new Set(values.skip?.map((step) => oneOf("skip", step, SKIPPABLE))),
  };
}
