/**
 * `analyze`: finds tempo, beats, downbeats and segments of tracks.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { basename, dirname, join, parse as parsePath, resolve } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import { writeResultFiles } from "../outputs/result_files.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import { AnalysisRun } from "../pipeline/analysis_run.ts";
import type { Track } from "../pipeline/analyze_track.ts";
import { providersOf } from "../pipeline/backends/devices.ts";
import type { GuardOptions } from "../pipeline/guard.ts";
import { type AnalysisResult, resultToJson } from "../pipeline/result.ts";
import type { StageTiming } from "../pipeline/runner.ts";
import { demixShifts } from "../pipeline/shifts.ts";
import {
  type Command,
  command,
  flag,
  option,
  OUTPUT_FILE,
  OUTPUT_FOLDER,
  pick,
  seconds,
  text,
  tolerance,
  type Values,
} from "./command.ts";
import { backendOn, COMPUTE_OPTIONS, SHIFT_OPTIONS, WEIGHTS_OPTIONS } from "./options.ts";
import { StatusLine } from "./status_line.ts";
import { checkNames, chosenWeights, warnOfUntrained } from "./weights.ts";
import { ensureFolder } from "./writable.ts";

/** The demo piece. */
const DEMO = join(fixturesDirectory, "audio", "four_four", "mix.flac");

const GUARD_DEFAULTS: GuardOptions = { seconds: 10, tolerance: 1e-6 };

const OPTIONS = {
  stemsDir: option(
    text("dir"),
    "folder with the stems bass, drums, other and vocals of one track",
  ).repeated(),
  ...WEIGHTS_OPTIONS,
  ...SHIFT_OPTIONS,
  keepByproducts: flag("keep the separated stems, and use them again").short("k"),
  demixDir: option(text("dir"), "folder for the kept stems").default("./demix"),
  outDir: option(OUTPUT_FOLDER, "folder for the results").short("o").default("./struct"),
  activ: flag("also write the activations, NAME.activ.npz").short("a"),
  embed: flag("also write the embeddings, NAME.embed.npy").short("e"),
  json: flag("print the result as JSON instead of a summary"),
  timingsPath: option(
    OUTPUT_FILE,
    "append the start and end of each stage, one JSON object a line",
  ),
  ...COMPUTE_OPTIONS,
  guard: flag(
    "also compute the first seconds with the reference of each stage: the other backend for the " +
      "networks, the naive implementation for spectrogram and beats; a stage that differs too much " +
      "is computed with its reference for the whole track",
  ),
  guardMaxAbs: option(
    tolerance({ excludesZero: true }),
    "tolerance X of the guard, as X + X |value|; 1e-6 more is allowed for the networks, since the " +
      "other backend has an error too",
  ).shownDefault("1e-6"),
  guardSeconds: option(
    seconds(),
    "length of the part that the guard checks",
  ).shownDefault(`${GUARD_DEFAULTS.seconds}`),
} as const;

/** The command `analyze`. */
export const analyze: Command = command({
  name: "deno task analyze",
  description:
    "Finds tempo, beats, downbeats and segments of tracks, from the mix (wav, flac, mp3, " +
    "m4a, ogg or aiff; any sample rate) or from four stems. Without arguments it analyses the demo " +
    "piece.",
  arguments: {
    "[audio...]": "mixes; with --stems-dir they only name the tracks in the results",
  },
  options: OPTIONS,
  exitCodes: ["all tracks are analysed", "a track failed"],
  run: (values, audio) => runAnalyze(parseAnalyzeArguments(values, audio)),
});

/** The tracks and settings of a call. */
interface AnalyzeCall extends Values<typeof OPTIONS> {
  readonly tracks: readonly Track[];
  /** Folder for the kept stems. */
  readonly keepIn?: string;
  readonly guardOptions?: GuardOptions;
}

/**
 * Checks the arguments against each other.
 *
 * @throws {UsageError | ModelError} if they contradict each other, or a model or demixer is unknown
 */
function parseAnalyzeArguments(
  values: Values<typeof OPTIONS>,
  audio: readonly string[],
): AnalyzeCall {
  const directories = values.stemsDir ?? [];
  const isDemo = directories.length === 0 && audio.length === 0;
  if ([...directories, ...audio].includes("")) {
    throw new UsageError("Expected a path for each --stems-dir and AUDIO, but got an empty one");
  }
  checkNames(values);
  const { guard, guardMaxAbs, guardSeconds } = values;
  if (!guard && (guardMaxAbs !== undefined || guardSeconds !== undefined)) {
    throw new UsageError("--guard-max-abs and --guard-seconds need --guard");
  }
  return {
    ...values,
    backend: backendOn(values.device, values.backend),
    tracks: isDemo ? [{ path: DEMO, name: "demo" }] : tracksOf(directories, audio),
    ...(values.keepByproducts && { keepIn: values.demixDir }),
    ...(guard && {
      guardOptions: {
        seconds: guardSeconds ?? GUARD_DEFAULTS.seconds,
        tolerance: guardMaxAbs ?? GUARD_DEFAULTS.tolerance,
      },
    }),
  };
}

/** Returns the mixes, or the tracks whose stems are given. */
function tracksOf(directories: readonly string[], audio: readonly string[]): Track[] {
  if (directories.length === 0) return audio.map(mixOf);
  if (audio.length > 0 && audio.length !== directories.length) {
    throw new UsageError(
      `Expected one AUDIO for each --stems-dir, or none, but got ${audio.length} for ` +
        `${directories.length}`,
    );
  }
  return directories.map((stemsDirectory, i): Track => {
    const named = audio[i];
    if (named !== undefined) return { ...mixOf(named), stemsDirectory };
    const path = resolve(stemsDirectory);
    return { path, name: basename(path), stemsDirectory };
  });
}

function mixOf(file: string): Track {
  const path = resolve(file);
  return { path, name: parsePath(path).name };
}

async function runAnalyze(call: AnalyzeCall): Promise<number> {
  const { tracks, outDir, embed, timingsPath, keepIn, guardOptions } = call;
  await providersOf(call.device);
  if (keepIn !== undefined) await ensureFolder(keepIn, "--demix-dir");
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const { model, demixer, automatic } = await chosenWeights(call, call, { demixer: separates });
  warnOfUntrained(separates ? [demixer, model] : [model]);
  const status = new StatusLine();
  const loaded: StageTiming[] = [];
  let timings: StageTiming[] = [];
  const run = new AnalysisRun({
    ...{ model, automatic, shifts: demixShifts(call.shifts, call.demixSeed), embeddings: embed },
    ...pick(call, "weightsDir", "keepIn"),
    compute: pick(call, "backend", "device", "threads"),
    ...(separates && { demixer }),
    ...(guardOptions && { guard: guardOptions }),
    observer: { onTiming: (timing) => loaded.push(timing) },
  });
  try {
    const failures = await run.analyzeAll(tracks, {
      observe: ({ path }) => {
        timings = [];
        return {
          onStart: (stage) => status.show(`${path}: ${stage}`),
          onProgress: (stage, part, parts) => status.show(`${path}: ${stage} ${part}/${parts}`),
          onTiming: (timing) => timings.push(timing),
        };
      },
      onAnalyzed: async (analyzed) => {
        const options = { directory: outDir, activations: call.activ, embeddings: embed };
        const file = await writeResultFiles(analyzed, options);
        if (timingsPath !== undefined) {
          // The loading of the weights is reported once, with the first result.
          const all = [...loaded.splice(0).sort(byStart), ...timings];
          await appendTimings(timingsPath, all, model, analyzed.track.path);
        }
        status.clear();
        for (const warning of analyzed.warnings) console.error(`Warning: ${warning}`);
        for (const note of analyzed.notes) console.error(note);
        const { result } = analyzed;
        console.log(call.json ? resultToJson(result).trimEnd() : summary(result, file));
      },
      onFailure: ({ path }, error) => {
        status.print(`${path}: ${error instanceof Error ? error.message : error}`);
      },
    });
    return failures === 0 ? 0 : 1;
  } finally {
    status.clear();
    await run.close();
  }
}

function byStart(a: StageTiming, b: StageTiming): number {
  return a.start - b.start;
}

/** Appends one JSON object a line, in the format of all-in-one-mlx. */
async function appendTimings(
  path: string,
  timings: readonly StageTiming[],
  model: string,
  track: string,
): Promise<void> {
  const lines = timings.map(({ stage, start, end, device, fallback }) =>
    JSON.stringify({
      ...{ stage, start, end, duration: end - start, device, model, track },
      ...(fallback !== undefined && { fallback }),
    })
  );
  await mkdir(dirname(resolve(path)), { recursive: true });
  await appendFile(path, lines.map((line) => `${line}\n`).join(""));
}

/**
 * Returns a few lines of text: tempo, beats, segments, and the path of the whole result.
 *
 * @param result the analysis
 * @param file path of the JSON file
 */
function summary(result: AnalysisResult, file: string): string {
  const beatsPerBar = result.beat_positions.reduce((most, position) => Math.max(most, position), 0);
  const bars = result.downbeats.length > 1 ? ` (bars of ${beatsPerBar})` : "";
  const lines = [
    result.path,
    `  tempo     ${result.bpm === null ? "none found" : `${result.bpm} bpm`}`,
    `  beats     ${result.beats.length}${bars}, ${result.downbeats.length} downbeats`,
    ...result.segments.map(({ start, end, label }, segment) =>
      `  ${segment === 0 ? "segments" : "        "}  ${clock(start)} - ${clock(end)}  ${label}`
    ),
    `  written   ${file}`,
  ];
  return lines.join("\n");
}

/** Minutes and seconds, `0:07.25`. */
function clock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
}
