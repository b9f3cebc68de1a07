/**
 * The run of `analyze`: analyses the tracks, writes the files and prints the results.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { LoadOptions } from "../models/mod.ts";
import {
  type FormatName,
  shortenedName,
  type TrackFilesOptions,
  writeCollections,
  writeResultFiles,
  writeTempoTag,
} from "../outputs/mod.ts";
import {
  type AnalysisResult,
  AnalysisRun,
  type AudioOptions,
  type ComputeOptions,
  demixShifts,
  type FindingOptions,
  type GuardOptions,
  providersOf,
  resultToJson,
  type StageTiming,
  type TimingLine,
  type Track,
} from "../pipeline/mod.ts";
import { NAME_BYTES, undecodedName } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { pick } from "./command.ts";
import { StatusLine } from "./status_line.ts";
import { checkNames, chosenWeights, warnOfUntrained } from "./_weights.ts";
import { ensureFolder } from "./_writable.ts";

/** The tracks and settings of a call. */
export interface AnalyzeCall extends LoadOptions, ComputeOptions {
  readonly tracks: readonly Track[];
  /** How audio is read. */
  readonly audio: AudioOptions;
  /** What is searched for, and how it is told. */
  readonly findings: FindingOptions;
  /** Name of a model, or `auto`. */
  readonly model: string;
  /** Name of a demixer, or `auto`. */
  readonly demixer: string;
  /** Number of passes over a mix. */
  readonly shifts: number;
  readonly demixSeed: number;
  /** Share of a segment of the demixer that overlaps the next one. */
  readonly overlap: number;
  /** Folder for the kept stems; absent to keep none. */
  readonly keepIn?: string;
  /** Folder for the kept spectrograms; absent to keep none. */
  readonly keepSpectrogramsIn?: string;
  readonly outDir: string;
  /** Folder for activations and embeddings; that of the results by default. */
  readonly arrayDir?: string;
  /** Whether to write the activations. */
  readonly activ: boolean;
  /** Whether to write the embeddings. */
  readonly embed: boolean;
  /** Formats of other programs to write. */
  readonly formats: readonly FormatName[];
  /** Whether to write the tempo into the tags of the audio files. */
  readonly writeTags: boolean;
  /** Plots, player pages and tracks with clicks; absent for none. */
  readonly trackFiles?: TrackFilesOptions;
  /** Whether to print the result as JSON. */
  readonly json: boolean;
  readonly timingsPath?: string;
  readonly device: string;
  readonly guardOptions?: GuardOptions;
}

/**
 * Analyses the tracks of a call.
 *
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError | DeviceError} if weights, folders or the device cannot be used
 */
export async function runAnalyze(call: AnalyzeCall): Promise<number> {
  const { outDir, embed, timingsPath, keepIn, keepSpectrogramsIn, guardOptions } = call;
  checkNames(call);
  await providersOf(call.device);
  if (keepIn !== undefined) await ensureFolder(keepIn, "--demix-dir");
  if (keepSpectrogramsIn !== undefined) await ensureFolder(keepSpectrogramsIn, "--spec-dir");
  await ensureTrackFolders(call.trackFiles);
  const tracks = await namedTracks(call.tracks);
  if (tracks.length === 0) return 1;
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const { model, demixer, automatic } = await chosenWeights(call, call, { demixer: separates });
  warnOfUntrained(separates ? [demixer, model] : [model]);
  const status = new StatusLine();
  const loaded: StageTiming[] = [];
  let timings: StageTiming[] = [];
  const written: string[] = [];
  const run = new AnalysisRun({
    ...{ model, automatic, shifts: demixShifts(call.shifts, call.demixSeed), embeddings: embed },
    ...pick(call, "weightsDir", "keepIn", "keepSpectrogramsIn", "audio", "overlap", "findings"),
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
        const options = {
          ...{ directory: outDir, activations: call.activ, embeddings: embed },
          ...{ formats: call.formats, audio: call.audio },
          ...(call.arrayDir !== undefined && { arrayDirectory: call.arrayDir }),
          ...pick(call, "trackFiles"),
        };
        const file = await writeResultFiles(analyzed, options);
        written.push(file);
        if (call.writeTags) await writeTags(analyzed.result);
        if (timingsPath !== undefined) {
          // The loading of the weights is reported once, with the first result.
          const all = [...loaded.splice(0).sort(byStart), ...timings];
          await appendTimings(timingsPath, all, model, analyzed.track.path);
        }
        status.clear();
        status.warn(...analyzed.warnings);
        for (const note of analyzed.notes) console.error(note);
        const { result } = analyzed;
        console.log(call.json ? resultToJson(result).trimEnd() : summary(result, file));
      },
      onFailure: ({ path }, error) => {
        status.print(`${printable(path)}: ${reasonOf(error)}`);
      },
    });
    await writeCollections(written, outDir, call.formats);
    return failures === 0 && tracks.length === call.tracks.length ? 0 : 1;
  } finally {
    status.clear();
    await run.close();
  }
}

/** Throws {@linkcode UsageError} where the folders of plots or clicks cannot be written. */
async function ensureTrackFolders(files: TrackFilesOptions | undefined): Promise<void> {
  if (files === undefined) return;
  if (files.plots.length > 0 || files.page) await ensureFolder(files.plotDirectory, "--viz-dir");
  if (files.clicks !== undefined) await ensureFolder(files.clicks.directory, "--sonif-dir");
}

/**
 * Tells before the work which tracks cannot be opened because of their names, and which results get a shorter name.
 *
 * @returns the tracks that can be opened
 */
async function namedTracks(tracks: readonly Track[]): Promise<Track[]> {
  const named: Track[] = [];
  for (const track of tracks) {
    const undecoded = await undecodedName(track.stemsDirectory ?? track.path);
    if (undecoded !== undefined) {
      console.error(undecoded);
      continue;
    }
    named.push(track);
    const shorter = shortenedName(track);
    if (shorter === undefined) continue;
    console.error(
      `${
        printable(track.path)
      }: its name is too long for the names of its results, which may have ` +
        `${NAME_BYTES} bytes; they are named ${printable(shorter)}`,
    );
  }
  return named;
}

/** Writes the tempo of a result into the tags of its audio file; without a tempo the tags stay as they are. */
async function writeTags({ path, tempo }: AnalysisResult): Promise<void> {
  if (tempo !== null) return void await writeTempoTag(path, tempo.bpm);
  console.error(`${printable(path)}: no tempo was found, and its tags stay as they are`);
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
  const lines = timings.map(({ stage, start, end, device, fallback }): TimingLine => ({
    ...{ stage, start, end, duration: end - start, device, model, track },
    ...(fallback !== undefined && { fallback }),
  }));
  await mkdir(dirname(resolve(path)), { recursive: true });
  await appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/**
 * Returns a few lines of text: tempo, beats, segments, and the path of the whole result.
 *
 * @param result the analysis
 * @param file path of the JSON file
 */
function summary(result: AnalysisResult, file: string): string {
  const bars = result.metre !== null && result.downbeats.length > 1
    ? ` (bars of ${result.metre.beats_per_bar})`
    : "";
  const lines = [
    printable(result.path),
    `  tempo     ${tempoLine(result)}`,
    `  beats     ${result.beats.length}${bars}, ${result.downbeats.length} downbeats`,
    ...result.segments.map(({ start, end, label }, segment) =>
      `  ${segment === 0 ? "segments" : "        "}  ${clock(start)} - ${clock(end)}  ${label}`
    ),
    `  written   ${printable(file)}`,
  ];
  return lines.join("\n");
}

/** Returns the most frequent tempo, and the fitted one: `125 bpm, fitted 125.00`. */
function tempoLine({ bpm, tempo }: AnalysisResult): string {
  if (bpm === null || tempo === null) return "none found";
  const fitted = `${bpm} bpm, fitted ${tempo.bpm.toFixed(2)}`;
  return tempo.constant ? fitted : `${fitted}, not constant`;
}

/** Formats seconds as minutes and seconds, `0:07.25`. */
function clock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
}
