/**
 * The run of `analyze`: finds the tracks, analyses those that are not finished, writes the files and prints the results.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { appendFile, mkdir, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join, parse as parsePath, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { LoadOptions } from "../models/mod.ts";
import {
  type FormatName,
  type FormatResult,
  formatResult,
  missingFormats,
  type ResultFilesOptions,
  shortenedName,
  type TrackFilesOptions,
  writeCollections,
  writeFormats,
  writeResultFiles,
  writeTempoTag,
} from "../outputs/mod.ts";
import {
  type AnalysisResult,
  Analyzer,
  type AudioOptions,
  type ComputeOptions,
  demixShifts,
  fileIdentity,
  type FindingOptions,
  findingProvenance,
  type GuardOptions,
  providersOf,
  resultToJson,
  type StageTiming,
  type TimingLine,
  type Track,
} from "../pipeline/mod.ts";
import { NAME_BYTES, undecodedName, writeWhole } from "../core/files.ts";
import { untilStopped } from "../core/interruption.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { pick } from "./command.ts";
import { expandInputs, type Failure } from "./_inputs.ts";
import { defaultJobs, sideBySide } from "./_jobs.ts";
import { removeLeftovers, stemsFolders } from "./_leftovers.ts";
import type { OverwritePart } from "./_overwrite.ts";
import { type PlannedTrack, planTracks } from "./_plan.ts";
import { ProgressBars } from "./_progress_bars.ts";
import { checkNames, chosenWeights, warnOfUntrained } from "./_weights.ts";
import { ensureFolder } from "./_writable.ts";

/** The tracks and settings of a call. */
export interface AnalyzeCall extends LoadOptions, ComputeOptions {
  /** Tracks that the arguments name by themselves: the demo piece, and those whose stems are given. */
  readonly tracks: readonly Track[];
  /** Files, folders, patterns, playlists, and `-` for standard input. */
  readonly inputs: readonly string[];
  /** Whether folders within folders are searched. */
  readonly recursive: boolean;
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
  readonly demixDir: string;
  readonly specDir: string;
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
  /** Parts that are done anew; none to skip finished tracks. */
  readonly overwrite: readonly OverwritePart[];
  /** Whether only to tell what would be done. */
  readonly dryRun: boolean;
  /** Number of tracks side by side; absent for the default. */
  readonly jobs?: number;
}

/** Name of the list of the tracks that failed, in the folder of the results. */
const FAILURES_FILE = "failures.m3u8";

/**
 * Analyses the tracks of a call.
 *
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError | DeviceError} if weights, folders or the device cannot be used
 */
export async function runAnalyze(call: AnalyzeCall): Promise<number> {
  const { outDir, keepIn, keepSpectrogramsIn } = call;
  checkNames(call);
  await providersOf(call.device);
  if (keepIn !== undefined) await ensureFolder(keepIn, "--demix-dir");
  if (keepSpectrogramsIn !== undefined) await ensureFolder(keepSpectrogramsIn, "--spec-dir");
  await ensureTrackFolders(call.trackFiles);
  const { tracks, failures } = await tracksOf(call);
  for (const { path, reason } of failures) console.error(`${printable(path)}: ${reason}`);
  const isBatch = tracks.length + failures.length > 1;
  let counts: Counts = { done: 0, skipped: 0, left: 0 };
  if (tracks.length > 0) {
    const controller = new AbortController();
    const stop = (): void => {
      console.error("Stopping; finished tracks are kept. Press Ctrl-C again to end at once");
      controller.abort(new DOMException("Stopped", "AbortError"));
    };
    const work = (): Promise<Counts> => runTracks(call, tracks, failures, controller.signal);
    counts = await untilStopped(stop, work);
  }
  if (!isBatch || call.dryRun) return failures.length === 0 ? 0 : 1;
  const list = join(outDir, FAILURES_FILE);
  const { done, skipped, left } = counts;
  console.error(
    `${done} done, ${skipped} skipped, ${failures.length} failed` +
      (left === 0 ? "" : `, ${left} not begun`) +
      (failures.length === 0 ? "" : `; the failures are listed in ${printable(list)}`),
  );
  if (failures.length === 0) await rm(list, { force: true });
  else await writeWhole(list, failureList(failures));
  return failures.length === 0 ? 0 : 1;
}

/** Numbers of tracks. */
interface Counts {
  readonly done: number;
  readonly skipped: number;
  /** Tracks that an interruption left. */
  readonly left: number;
}

/** Plans the tracks and runs those that are not finished; adds to `failures`. */
async function runTracks(
  call: AnalyzeCall,
  tracks: readonly Track[],
  failures: Failure[],
  signal: AbortSignal,
): Promise<Counts> {
  const { outDir, embed, guardOptions } = call;
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const { model, demixer, automatic } = await chosenWeights(call, call, { demixer: separates });
  warnOfUntrained(separates ? [demixer, model] : [model]);
  const loaded: StageTiming[] = [];
  const analyzer = Analyzer.start({
    ...{ model, automatic, shifts: demixShifts(call.shifts, call.demixSeed), embeddings: embed },
    ...pick(call, "weightsDir", "keepIn", "keepSpectrogramsIn", "audio", "overlap", "findings"),
    compute: pick(call, "backend", "device", "threads"),
    demixer: separates ? demixer : null,
    separatesAnew: call.overwrite.some((part) => part === "all" || part === "demix"),
    spectrogramsAnew: call.overwrite.includes("spec"),
    ...(guardOptions && { guard: guardOptions }),
    observer: { onTiming: (timing) => loaded.push(timing) },
  });
  const files = {
    ...{ directory: outDir, activations: call.activ, embeddings: embed },
    ...{ formats: call.formats, audio: call.audio },
    ...(call.arrayDir !== undefined && { arrayDirectory: call.arrayDir }),
    ...pick(call, "trackFiles"),
  };
  try {
    const names = pick(call, "model", "demixer");
    const overwrite = call.overwrite;
    const isOwn = hasOwnSettings(call);
    const planned = await planTracks(tracks, { analyzer, files, overwrite, names, isOwn });
    tellShortened(tracks, planned);
    if (call.dryRun) {
      for (const one of planned) {
        const { path, stemsDirectory } = one.track;
        if (stemsDirectory !== undefined || existsSync(path)) {
          console.log(plannedLine(one, files));
        } else {
          failures.push({ path, reason: "There is no such file" });
          console.error(`${printable(path)}: There is no such file`);
        }
      }
      return { done: 0, skipped: 0, left: 0 };
    }
    const folders = await writtenFolders(call, planned);
    const leftovers = await removeLeftovers(folders);
    const todo = planned.filter(({ why }) => why !== undefined).length;
    const bars = await ProgressBars.begin(todo);
    const output = new OrderedOutput(bars);
    const kind = !separates ? undefined : demixer.startsWith("hpss") ? "filters" : "network";
    let [done, skipped] = [0, 0];
    const finished: (string | undefined)[] = [];
    const analyze = async (one: PlannedTrack, index: number): Promise<void> => {
      const { track } = one;
      const timings: StageTiming[] = [];
      try {
        if (one.json !== undefined) {
          const result: AnalysisResult = { ...ALLIN1_HAS_NOT, ...JSON.parse(one.json) };
          finished[index] = one.file;
          await writeMissingFormats(one, formatResult(one.json), files);
          if (call.writeTags && result.tempo !== null) {
            await rewriteResult(one.file, await withTags(result));
          }
          skipped++;
          // Of many finished tracks only the number is told.
          const isTold = call.json || planned.length === 1;
          const text = call.json ? one.json.trimEnd() : summary(result, one.file);
          output.put(index, () => isTold && printFinished(track, text));
          return;
        }
        const analyzed = await analyzer.analyzeWithSeams(track, {
          signal,
          onProgress: (progress) => bars.show(one, basename(track.path), progress),
          observer: { onTiming: (timing) => timings.push(timing) },
        });
        let refusal: unknown;
        const result = !call.writeTags
          ? analyzed.result
          : await withTags(analyzed.result).catch((error) => {
            // The result is of use all the same.
            refusal = error;
            return analyzed.result;
          });
        const file = await writeResultFiles({ ...analyzed, result }, files);
        finished[index] = file;
        if (call.timingsPath !== undefined) {
          // The loading of the weights is reported once, with the first result.
          const all = [...loaded.splice(0).sort(byStart), ...timings];
          await appendTimings(call.timingsPath, all, model, track.path);
        }
        if (refusal !== undefined) throw refusal;
        done++;
        bars.end(one, "done");
        const { warnings, notes } = analyzed;
        // Seams are large, so that only text waits for the tracks before.
        const text = call.json ? resultToJson(result).trimEnd() : summary(result, file);
        output.put(index, () => {
          for (const warning of warnings) console.error(`Warning: ${warning}`);
          for (const note of notes) console.error(note);
          console.log(text);
        });
      } catch (error) {
        if (analyzer.concernsAllTracks(error)) throw error;
        bars.end(one, "failed");
        output.put(index, () => {});
        if (signal.aborted) return;
        const reason = reasonOf(error);
        failures.push({ path: track.path, reason });
        bars.above(() => console.error(`${printable(track.path)}: ${reason}`));
      }
    };
    try {
      await sideBySide(planned, call.jobs ?? defaultJobs(kind), analyze, signal);
    } finally {
      bars.close();
      output.close();
    }
    const results = finished.filter((file) => file !== undefined);
    // Where all tracks failed, the collection of an earlier call stays.
    if (results.length > 0) await writeCollections(results, outDir, call.formats);
    await removeLeftovers(folders, leftovers);
    const failed = failures.filter(({ path }) => tracks.some((track) => track.path === path));
    return { done, skipped, left: planned.length - done - skipped - failed.length };
  } finally {
    await analyzer[Symbol.asyncDispose]();
  }
}

/** Returns whether a result of allin1 is not what a call asks for, whatever its weights. */
function hasOwnSettings({ audio, findings, guardOptions, writeTags }: AnalyzeCall): boolean {
  return audio.gain !== undefined || audio.part !== undefined || guardOptions !== undefined ||
    writeTags || Object.values(findingProvenance(findings)).some((setting) => setting !== null);
}

/** Returns the folders that a call writes to, where an earlier one that was killed may have left unfinished files. */
async function writtenFolders(
  { outDir, arrayDir, trackFiles, keepIn, keepSpectrogramsIn, writeTags }: AnalyzeCall,
  planned: readonly PlannedTrack[],
): Promise<string[]> {
  const folders = [outDir, arrayDir, keepSpectrogramsIn].filter((folder) => folder !== undefined);
  if (trackFiles !== undefined) {
    folders.push(trackFiles.plotDirectory);
    if (trackFiles.clicks !== undefined) folders.push(trackFiles.clicks.directory);
  }
  if (keepIn !== undefined) folders.push(...await stemsFolders(keepIn));
  if (writeTags) folders.push(...planned.map(({ track }) => dirname(track.path)));
  return folders;
}

/** Returns the tracks of a call that can be opened, and what it names besides. */
async function tracksOf(call: AnalyzeCall): Promise<{ tracks: Track[]; failures: Failure[] }> {
  const { paths, failures } = await expandInputs(call.inputs, {
    isRecursive: call.recursive,
    without: [call.outDir, call.demixDir, call.specDir, call.trackFiles?.clicks?.directory]
      .filter((folder) => folder !== undefined).map((folder) => resolve(folder)),
    standardInput: async () => await new Response(Deno.stdin.readable).bytes(),
  });
  const mixes = paths.map((path): Track => ({ path, name: parsePath(path).name }));
  const tracks: Track[] = [];
  const all = [...failures];
  for (const track of [...call.tracks, ...mixes]) {
    const path = track.stemsDirectory ?? track.path;
    const undecoded = await undecodedName(path);
    if (undecoded === undefined) tracks.push(track);
    else all.push({ path, reason: undecoded.slice(printable(path).length + 2) });
  }
  return { tracks, failures: all };
}

/** Tells which results get a name that is not that of the track. */
function tellShortened(tracks: readonly Track[], planned: readonly PlannedTrack[]): void {
  for (const [at, given] of tracks.entries()) {
    const path = printable(given.path);
    if (shortenedName(given) !== undefined) {
      console.error(
        `${path}: its name is too long for the names of its results, which may have ` +
          `${NAME_BYTES} bytes; they are named ${printable(planned[at]!.track.name)}`,
      );
    } else if (planned[at]!.track.name !== given.name) {
      console.error(
        `${path}: another track has its name; its results are named ${
          printable(planned[at]!.track.name)
        }`,
      );
    }
  }
}

/** Text that is printed in the order of the tracks, in whatever order they are done. */
class OrderedOutput {
  readonly #waiting = new Map<number, () => unknown>();
  readonly #bars: ProgressBars;
  #next = 0;

  constructor(bars: ProgressBars) {
    this.#bars = bars;
  }

  put(index: number, print: () => unknown): void {
    this.#waiting.set(index, print);
    for (let ready = this.#waiting.get(this.#next); ready !== undefined;) {
      this.#waiting.delete(this.#next);
      this.#bars.above(ready);
      ready = this.#waiting.get(++this.#next);
    }
  }

  /** Prints what waits for tracks that were not analysed. */
  close(): void {
    for (const [, print] of [...this.#waiting].sort(([one], [other]) => one - other)) print();
    this.#waiting.clear();
  }
}

/** Keys that a result of allin1 itself does not have. */
const ALLIN1_HAS_NOT = { tempo: null, metre: null } as const;

/** Prints the result of an earlier call. */
function printFinished({ path }: Track, text: string): void {
  console.error(`${printable(path)}: finished before; --overwrite analyses it anew`);
  console.log(text);
}

/** Returns what a dry run tells of a track. */
function plannedLine(
  { track, file, why }: PlannedTrack,
  { directory, formats }: FormatFiles,
): string {
  const path = printable(track.path);
  if (why !== undefined) return `analyse  ${path}: ${why}; to ${printable(file)}`;
  const missing = missingFormats(join(directory, track.name), formats);
  const writes = missing.length === 0 ? "" : `; its files of ${missing.join(", ")} are written`;
  return `skip     ${path}: finished, ${printable(file)}${writes}`;
}

/** Returns a playlist of the tracks that failed, with the reasons as comments: an argument of the next call. */
function failureList(failures: readonly Failure[]): string {
  const lines = failures.map(({ path, reason }) => `# ${printable(reason)}\n${entryOf(path)}\n`);
  return `#EXTM3U\n${lines.join("")}`;
}

/** Returns a path as an entry of a playlist: an address where a line cannot hold it. */
function entryOf(path: string): string {
  const fits = path === path.trim() && !/[\r\n]/.test(path) && !path.startsWith("#");
  return fits ? path : pathToFileURL(path).href;
}

/** Throws {@linkcode UsageError} where the folders of plots or clicks cannot be written. */
async function ensureTrackFolders(files: TrackFilesOptions | undefined): Promise<void> {
  if (files === undefined) return;
  if (files.plots.length > 0 || files.page) await ensureFolder(files.plotDirectory, "--viz-dir");
  if (files.clicks !== undefined) await ensureFolder(files.clicks.directory, "--sonif-dir");
}

/**
 * Writes the tempo of a result into the tags of its audio file; without a tempo the tags stay as they are.
 *
 * @returns the result with the new identity of the file, by which a later call knows it again
 */
async function withTags(result: AnalysisResult): Promise<AnalysisResult> {
  const { path, tempo, provenance } = result;
  if (tempo === null) {
    console.error(`${printable(path)}: no tempo was found, and its tags stay as they are`);
    return result;
  }
  await writeTempoTag(path, tempo.bpm);
  const mix = provenance.mix && { ...provenance.mix, identity: await fileIdentity(path) };
  return { ...result, provenance: { ...provenance, mix } };
}

/** Writes a result anew that is the same but for the identity of the audio: the other files of the track still belong to it. */
async function rewriteResult(file: string, result: AnalysisResult): Promise<void> {
  const { atime, mtime } = await stat(file);
  await writeWhole(file, resultToJson(result));
  await utimes(file, atime, mtime);
}

/** Formats of other programs, and where they are written. */
type FormatFiles = Required<Pick<ResultFilesOptions, "directory" | "formats" | "audio">>;

/** Writes formats of other programs that a finished track lacks. */
async function writeMissingFormats(
  { track }: PlannedTrack,
  result: FormatResult,
  { directory, formats, audio }: FormatFiles,
): Promise<void> {
  const stem = join(directory, track.name);
  await writeFormats(result, stem, missingFormats(stem, formats), audio);
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
  if (bpm === null) return "none found";
  if (tempo === null) return `${bpm} bpm`;
  const fitted = `${bpm} bpm, fitted ${tempo.bpm.toFixed(2)}`;
  return tempo.constant ? fitted : `${fitted}, not constant`;
}

/** Formats seconds as minutes and seconds, `0:07.25`. */
function clock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
}
