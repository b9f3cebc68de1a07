/**
 * The command line of `evaluate`.
 *
 * @module
 */

import { isStemSource, type System, systemName } from "../evaluation/systems.ts";
import { AUTO } from "../models/automatic.ts";
import { DEFAULTS } from "./analyze_call.ts";
import { checkNames } from "./chosen_weights.ts";
import { parsedArgs } from "./parsed_args.ts";
import { threadCount } from "./thread_count.ts";
import { UsageError } from "../core/usage_error.ts";

/** What `evaluate --help` prints. */
export const EVALUATE_HELP = `Usage: deno task evaluate FOLDER [options]

Analyses tracks whose beats and segments are known, and prints how good the results are, one table a
system and one with the means: mir_eval's measures.

      FOLDER               holds NAME.flac (or wav, mp3 and so on) with NAME.json or NAME.jams beside it;
                           or folders NAME with mix.flac and truth.json or truth.jams, and maybe the
                           stems; or is such a folder itself
      --system DEMIXER/MODEL
                           what to evaluate (default: ${
  systemName(DEFAULTS)
}); may be given several times.
                           DEMIXER is what analyze --demixer takes; or stems, the true stems beside the
                           mix; or mix, the mix given as each of the four stems. MODEL is as in analyze
      --results DIR        results that are there already, NAME.json; may be given several times
      --seconds N          only the first N seconds of each track and its truth
      --weights-dir DIR    folder with the published weights, as in analyze
      --threads N          threads of the networks (default: one for each core)
      --export-json FILE   also write all figures as JSON
  -h, --help               print this

Beats and downbeats count from 5 s on and are right within 70 ms. The start and the end of a track
count as boundaries. Tempo accuracy 1 allows 4 %, accuracy 2 also half, double, a third and triple.
A figure that the truth does not tell is left blank; means are over those that are known.

Exit codes: 0 all tracks done, 1 a track failed, 2 the call was wrong or could not run`;

const OPTIONS = {
  system: { type: "string", multiple: true },
  results: { type: "string", multiple: true },
  seconds: { type: "string" },
  "weights-dir": { type: "string" },
  threads: { type: "string" },
  "export-json": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** A call of the command, understood. */
export interface EvaluateCall {
  readonly folder: string;
  readonly systems: readonly System[];
  /** Folders of results. */
  readonly results: readonly string[];
  readonly seconds?: number;
  readonly weightsDirectory?: string;
  readonly threads?: number;
  readonly exportJson?: string;
}

/**
 * Reads a command line.
 *
 * @param args what follows `evaluate`
 * @returns the call; null where help was asked for
 * @throws {UsageError | ModelError} if an option is unknown or has a wrong value
 */
export function understandEvaluate(args: readonly string[]): EvaluateCall | null {
  const { values, positionals } = parsedArgs("evaluate", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) return null;
  const [folder, ...others] = positionals;
  if (!folder || others.length > 0) {
    throw new UsageError(
      `Expected one FOLDER of tracks, but got ${positionals.length}; see deno task evaluate --help`,
    );
  }
  const results = eachOnce("results", values.results ?? []);
  const names = values.system ?? (results.length === 0 ? [systemName(DEFAULTS)] : []);
  return {
    folder,
    systems: eachOnce("system", names).map(systemOf),
    results,
    ...(values.seconds !== undefined && { seconds: secondsOf(values.seconds) }),
    ...(values["weights-dir"] !== undefined && { weightsDirectory: values["weights-dir"] }),
    ...(values.threads !== undefined && { threads: threadCount(values.threads) }),
    ...(values["export-json"] !== undefined && { exportJson: values["export-json"] }),
  };
}

function eachOnce(option: string, values: readonly string[]): readonly string[] {
  const twice = values.find((value, at) => values.indexOf(value) < at);
  if (twice === undefined) return values;
  throw new UsageError(`--${option} ${twice} was given twice`);
}

/** A demixer can be a path; a model's name has no slash. */
function systemOf(name: string): System {
  const at = name.lastIndexOf("/");
  const [demixer, model] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
  if (demixer === "" || model === "") {
    throw new UsageError(
      `--system expects DEMIXER/MODEL, such as hpss/embedded, but got ${name}`,
    );
  }
  checkNames({ demixer: isStemSource(demixer) ? AUTO : demixer, model });
  return { demixer, model };
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return seconds;
  throw new UsageError(`--seconds expects a positive number, but got ${text}`);
}
