/**
 * `evaluate`: scores results against annotations.
 *
 * @module
 */

import { writeWhole } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import type { System } from "../evaluation/mod.ts";
import type { LoadOptions } from "../models/mod.ts";
import { type ArgumentType, seconds, text } from "./argument_types.ts";
import { type Command, command, option, pick, type Values } from "./command.ts";
import {
  AUDIO_OPTIONS,
  audioOf,
  AUTO,
  COMPUTE_OPTIONS,
  EXPORT_JSON,
  STEMS_PADDING,
} from "./_options.ts";
import { StatusLine } from "./status_line.ts";

const DEFAULT_SYSTEM: System = { demixer: AUTO, model: AUTO };

const SYSTEM: ArgumentType<System> = {
  name: "demixer/model",
  parse(name, option): System {
    // A demixer can be a path; a model's name has no slash.
    const at = name.lastIndexOf("/");
    const [demixer, model] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
    if (demixer === "" || model === "") {
      throw new UsageError(
        `${option} expects DEMIXER/MODEL, such as hpss/embedded, but got ${name}`,
      );
    }
    return { demixer, model };
  },
};

const { weightsDir, threads } = COMPUTE_OPTIONS;

const OPTIONS = {
  system: option(
    SYSTEM,
    "system to evaluate: a demixer as in analyze, or stems, the true stems next to the mix, or mix, " +
      "the mix in place of each of the four stems; and a model as in analyze",
  ).repeated().shownDefault(`${AUTO}/${AUTO}`),
  results: option(text("dir"), "folder of stored results to evaluate, NAME.json").repeated(),
  seconds: option(seconds(Infinity, true), "length of the part of each track that is evaluated"),
  stemsPadding: STEMS_PADDING,
  ...AUDIO_OPTIONS,
  weightsDir,
  threads,
  exportJson: EXPORT_JSON,
} as const;

/** The command `evaluate`. */
export const evaluate: Command = command({
  name: `${CALL} evaluate`,
  description: `Analyses tracks with known beats and segments, and prints the measures of mir_eval:
one table for each system, and one with the means.

Beats and downbeats count from 5 s on and match within 70 ms. The start and the end of a track count as boundaries.
Tempo accuracy 1 allows 4 %; accuracy 2 also allows half, double, a third and triple the tempo. A measure without a
truth is blank; means are over the known values.`,
  arguments: {
    "<folder>":
      "folder with NAME.flac (or another audio file) and NAME.json or NAME.jams; or with " +
      "folders NAME that hold mix.flac and truth.json or truth.jams, and optionally the stems; or " +
      "one such folder",
  },
  options: OPTIONS,
  exitCodes: ["all tracks are evaluated", "a track failed"],
  run: runEvaluate,
});

async function runEvaluate(
  values: Values<typeof OPTIONS>,
  [folder = ""]: readonly string[],
): Promise<number> {
  const { Evaluation, evaluationJson, evaluationTables, findTracks, LoadedSystems, StoredResults } =
    await import("../evaluation/mod.ts");
  const { exportJson } = values;
  const directories = eachOnce("results", values.results ?? []);
  const named = values.system ?? (directories.length === 0 ? [DEFAULT_SYSTEM] : []);
  await checkSystems(named);
  const tracks = await findTracks(folder, named.length > 0);
  if (tracks.length === 0) {
    throw new UsageError(
      `There are no tracks in ${folder}: expected NAME.flac (or another audio file) with ` +
        "NAME.json or NAME.jams, or folders with mix.flac and truth.json",
    );
  }
  const systems = await chosenSystems(named, values);
  const results = await Promise.all(directories.map((directory) => StoredResults.open(directory)));
  const loaded = await LoadedSystems.load(systems, {
    ...pick(values, "weightsDir"),
    compute: pick(values, "threads"),
  });
  const status = new StatusLine();
  const evaluation = new Evaluation(loaded, {
    ...{ folder, systems, results },
    ...pick(values, "seconds", "threads"),
    audio: audioOf(values),
    onNote: (note) => status.print(note),
    onProgress: (text) => status.show(text),
    onWarning: (warning) => status.warn(warning),
    onFailure: (failure) => status.print(failure),
  });
  try {
    for (const [at, track] of tracks.entries()) {
      await evaluation.track(track, `${at + 1} of ${tracks.length}`);
      // An interrupted run keeps the tracks so far.
      if (exportJson !== undefined) {
        await writeWhole(exportJson, evaluationJson(evaluation.report));
      }
    }
  } finally {
    status.clear();
    await loaded.close();
  }
  console.log(evaluationTables(evaluation.report));
  return evaluation.report.systems.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

/** Throws where a name is unknown, or a system was given twice. */
async function checkSystems(systems: readonly System[]): Promise<void> {
  const { isStemSource, systemName } = await import("../evaluation/mod.ts");
  const { checkNames } = await import("./_weights.ts");
  for (const { demixer, model } of systems) {
    checkNames({ demixer: isStemSource(demixer) ? AUTO : demixer, model });
  }
  eachOnce("system", systems.map(systemName));
}

/** Returns the systems, each once, with names for `auto`, and warns of untrained weights. */
async function chosenSystems(systems: readonly System[], options: LoadOptions): Promise<System[]> {
  const { systemName } = await import("../evaluation/mod.ts");
  const { chosenWeights, warnOfUntrained } = await import("./_weights.ts");
  const chosen = new Map<string, System>();
  for (const system of systems) {
    const { demixer, model } = await chosenWeights(system, options);
    chosen.set(systemName({ demixer, model }), { demixer, model });
  }
  warnOfUntrained([...chosen.values()].flatMap(({ demixer, model }) => [demixer, model]));
  return [...chosen.values()];
}

function eachOnce(option: string, values: readonly string[]): readonly string[] {
  const twice = values.find((value, at) => values.indexOf(value) < at);
  if (twice === undefined) return values;
  throw new UsageError(`--${option} ${twice} was given twice`);
}
