/**
 * The tracks of a call of `analyze`: plans them, analyses those that are not finished, and writes their files.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { release } from "../core/tensor.ts";
import {
  formatResult,
  missingFromResult,
  type ResultFilesOptions,
  writeCollections,
  writeFromResult,
  writeResultFiles,
} from "../outputs/mod.ts";
import {
  type AnalysisResult,
  type AnalyzedTrack,
  Analyzer,
  demixShifts,
  findingProvenance,
  findStems,
  resultToJson,
  type StageTiming,
  type Track,
} from "../pipeline/mod.ts";
import { hasBf16 } from "../kernels/mod.ts";
import type { AnalyzeCall } from "./_analyze_call.ts";
import { pick } from "./command.ts";
import type { Failure } from "./_inputs.ts";
import { defaultJobs, sideBySide } from "./_jobs.ts";
import { removeLeftovers, stemsFolders } from "./_leftovers.ts";
import { nameNotes } from "./_name_notes.ts";
import { ineffectiveOptions } from "./_option_rules.ts";
import { OrderedOutput } from "./_ordered_output.ts";
import { type PlannedTrack, planTracks } from "./_plan.ts";
import { ProgressBars } from "./_progress_bars.ts";
import { summary } from "./_summary.ts";
import { rewriteResult, withTags } from "./_tempo_tags.ts";
import { appendTimings, byStart } from "./_timings_file.ts";
import { chosenWeights, warnOfUntrained } from "./_weights.ts";

/** What became of the tracks; those that failed are listed elsewhere. */
export interface BatchOutcome {
  /** Number of tracks that were analysed. */
  readonly done: number;
  /** Number of tracks that were finished before. */
  readonly skipped: number;
  /** Number of tracks that an interruption stopped. */
  readonly stopped: number;
  /** Paths of the tracks that an interruption stopped, or that it kept from being begun. */
  readonly unsettled: readonly string[];
}

/** The outcome of a call without tracks, or of one that only tells what it would do. */
export const NOTHING_DONE: BatchOutcome = { done: 0, skipped: 0, stopped: 0, unsettled: [] };

/**
 * Runs the tracks of a call.
 *
 * @param call settings
 * @param tracks the tracks, one or more
 * @param failures receives the tracks that fail
 * @param signal aborts the analyses
 * @throws {ModelError | DeviceError} if the weights or the device cannot be used
 */
export async function runBatch(
  call: AnalyzeCall,
  tracks: readonly Track[],
  failures: Failure[],
  signal: AbortSignal,
): Promise<BatchOutcome> {
  const { outDir, embed, guardOptions } = call;
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const { model, demixer, automatic } = await chosenWeights(call, call, { demixer: separates });
  warnOfUntrained(separates ? [demixer, model] : [model]);
  const loaded: StageTiming[] = [];
  await using analyzer = Analyzer.start({
    ...{ model, automatic, shifts: demixShifts(call.shifts, call.demixSeed), embeddings: embed },
    ...pick(call, "weightsDir", "keepIn", "keepSpectrogramsIn", "audio", "overlap", "findings"),
    compute: pick(call, "backend", "device", "threads", "precision"),
    demixer: separates ? demixer : null,
    separatesAnew: call.overwrite.some((part) => part === "all" || part === "demix"),
    spectrogramsAnew: call.overwrite.includes("spec"),
    ...(guardOptions && { guard: guardOptions }),
    observer: { onTiming: (timing) => loaded.push(timing) },
  });
  const files: ResultFilesOptions = {
    ...{ directory: outDir, activations: call.activ, embeddings: embed },
    ...{ formats: call.formats, audio: call.audio },
    ...(call.arrayDir !== undefined && { arrayDirectory: call.arrayDir }),
    ...pick(call, "trackFiles"),
  };
  const planned = await planTracks(tracks, {
    ...{ analyzer, files, overwrite: call.overwrite, isOwn: hasOwnSettings(call) },
    names: pick(call, "model", "demixer"),
  });
  const todo = planned.filter(({ why }) => why !== undefined).length;
  const kind = !separates ? undefined : demixer.startsWith("hpss") ? "filters" : "network";
  const facts = { ...(separates && { demixer }), analysed: todo, stems: stemsAmong(tracks) };
  for (const warning of ineffectiveOptions(call, facts)) console.error(`Warning: ${warning}`);
  if (call.precision === "bf16" && kind === "network" && todo > 0 && !hasBf16()) {
    console.error(
      "Warning: this processor has no instructions for bfloat16, so that --precision bf16 is emulated: it is several " +
        "times slower than f32",
    );
  }
  for (const note of nameNotes(tracks, planned.map(({ track }) => track.name), outDir)) {
    console.error(note);
  }
  if (call.dryRun) {
    for (const one of planned) await tellPlan(one, files, failures);
    return NOTHING_DONE;
  }
  const folders = await writtenFolders(call, planned);
  const leftovers = await removeLeftovers(folders);
  const bars = await ProgressBars.begin(todo);
  const output = new OrderedOutput(bars);
  const run: Run = { call, analyzer, files, signal, bars, output, loaded, model };
  const results: (string | undefined)[] = [];
  const counts = { done: 0, skipped: 0, stopped: 0 };
  const settled = new Set<PlannedTrack>();
  const work = async (one: PlannedTrack, index: number): Promise<void> => {
    const written = (): string => results[index] = one.file;
    try {
      if (one.why === undefined) {
        await takeFinished(one, index, run, { isTold: call.json || planned.length === 1, written });
        counts.skipped++;
      } else {
        await analyze(one, index, run, written);
        counts.done++;
        bars.end(one, "done");
      }
    } catch (error) {
      if (analyzer.concernsAllTracks(error)) throw error;
      bars.end(one, "failed");
      output.put(index, () => {});
      if (signal.aborted) {
        counts.stopped++;
        return;
      }
      const reason = reasonOf(error);
      failures.push({ path: one.track.path, reason });
      bars.above(() => console.error(`${printable(one.track.path)}: ${reason}`));
    }
    settled.add(one);
  };
  try {
    await sideBySide(planned, call.jobs ?? defaultJobs(kind), work, signal);
  } finally {
    bars.close();
    output.close();
  }
  const paths = results.filter((file) => file !== undefined);
  // Where all tracks failed, the collection of an earlier call stays.
  if (paths.length > 0) await writeCollections(paths, outDir, call.formats);
  await removeLeftovers(folders, leftovers);
  const unsettled = planned.filter((one) => !settled.has(one)).map(({ track }) => track.path);
  return { ...counts, unsettled };
}

/** What the tracks of a call share. */
interface Run {
  readonly call: AnalyzeCall;
  readonly analyzer: Analyzer;
  readonly files: ResultFilesOptions;
  readonly signal: AbortSignal;
  readonly bars: ProgressBars;
  readonly output: OrderedOutput;
  /** Time spans of the loading of the weights, until they are reported. */
  readonly loaded: StageTiming[];
  /** Name of the model. */
  readonly model: string;
}

/** Keys that a result of allin1 itself does not have. */
const ALLIN1_HAS_NOT = { tempo: null, metre: null, label_confidence: [] } as const;

/** Writes what a finished track lacks and its result suffices for, and prints it. */
async function takeFinished(
  { track, file }: PlannedTrack,
  index: number,
  { call, files, output }: Run,
  { isTold, written }: { readonly isTold: boolean; readonly written: () => void },
): Promise<void> {
  const json = await readFile(file, "utf8");
  const result: AnalysisResult = { ...ALLIN1_HAS_NOT, ...JSON.parse(json) };
  written();
  await writeFromResult(track, formatResult(json), files);
  if (call.writeTags && result.tempo !== null) await rewriteResult(file, await withTags(result));
  const text = call.json ? json.trimEnd() : summary(result, file);
  output.put(index, () => {
    // Of many finished tracks only the number is told.
    if (!isTold) return;
    console.error(`${printable(track.path)}: finished before; --overwrite analyses it anew`);
    console.log(text);
  });
}

/** Analyses a track, writes its files and prints it. */
async function analyze(
  one: PlannedTrack,
  index: number,
  run: Run,
  written: () => void,
): Promise<void> {
  const { call, analyzer, bars, signal, files, output, loaded, model } = run;
  const { track } = one;
  const timings: StageTiming[] = [];
  const { plots = [], page = false } = call.trackFiles ?? {};
  const analyzed = await analyzer.analyzeWithSeams(track, {
    signal,
    // Plots and pages draw and play the stems.
    keepsStems: page || plots.length > 0,
    onProgress: (progress) => bars.show(one, basename(track.path), progress),
    observer: { onTiming: (timing) => timings.push(timing) },
  });
  try {
    const { result, refusal } = call.writeTags
      ? await tagged(analyzed)
      : { ...analyzed, refusal: undefined };
    const file = await writeResultFiles({ ...analyzed, result }, files);
    written();
    if (call.timingsPath !== undefined) {
      // The loading of the weights is reported once, with the first result.
      const all = [...loaded.splice(0).sort(byStart), ...timings];
      await appendTimings(call.timingsPath, all, model, track.path);
    }
    if (refusal !== undefined) throw refusal;
    const { warnings } = analyzed;
    const again = one.isAgain ? [`${printable(track.path)}: analysed again: ${one.why}`] : [];
    const notes = [...again, ...analyzed.notes];
    const text = call.json ? resultToJson(result).trimEnd() : summary(result, file);
    output.put(index, () => {
      for (const warning of warnings) console.error(`Warning: ${warning}`);
      for (const note of notes) console.error(note);
      console.log(text);
    });
  } finally {
    // The next track takes the memory.
    release(...Object.values(analyzed.seams));
  }
}

/** Writes the tempo into the tags; the result is of use also where that is refused. */
async function tagged(
  { result }: AnalyzedTrack,
): Promise<{ readonly result: AnalysisResult; readonly refusal?: unknown }> {
  try {
    return { result: await withTags(result) };
  } catch (refusal) {
    return { result, refusal };
  }
}

/** Returns whether the stems of some or all tracks are given. */
function stemsAmong(tracks: readonly Track[]): "none" | "some" | "all" {
  const given = tracks.filter(({ stemsDirectory }) => stemsDirectory !== undefined).length;
  return given === 0 ? "none" : given === tracks.length ? "all" : "some";
}

/** Returns whether a result of allin1 is not what a call asks for, whatever its weights. */
function hasOwnSettings(
  { audio, findings, guardOptions, writeTags, precision }: AnalyzeCall,
): boolean {
  return precision !== "f32" || audio.gain !== undefined || audio.part !== undefined ||
    guardOptions !== undefined ||
    writeTags || Object.values(findingProvenance(findings)).some((setting) => setting !== null);
}

/** Prints what would be done with a track; one that does not exist is a failure. */
async function tellPlan(
  { track, file, why }: PlannedTrack,
  files: ResultFilesOptions,
  failures: Failure[],
): Promise<void> {
  const path = printable(track.path);
  const absence = await reasonOfAbsence(track);
  if (absence !== undefined) {
    failures.push({ path: track.path, reason: absence });
    console.error(`${path}: ${absence}`);
  } else if (why !== undefined) {
    console.log(`analyse  ${path}: ${why}; to ${printable(file)}`);
  } else {
    const { formats, clicks } = missingFromResult(
      track,
      formatResult(await readFile(file, "utf8")),
      files,
    );
    const missing = [...formats, ...(clicks ? ["clicks"] : [])];
    const writes = missing.length === 0 ? "" : `; its files of ${missing.join(", ")} are written`;
    console.log(`skip     ${path}: finished, ${printable(file)}${writes}`);
  }
}

/** Returns why a track cannot be read, as far as the names of its files tell. */
async function reasonOfAbsence(
  { path, stemsDirectory, stems }: Track,
): Promise<string | undefined> {
  if (stemsDirectory === undefined) return existsSync(path) ? undefined : "There is no such file";
  try {
    const absent = (stems ?? await findStems(stemsDirectory)).filter((stem) => !existsSync(stem));
    return absent.length === 0 ? undefined : `There is no ${printable(absent.join(", "))}`;
  } catch (error) {
    return reasonOf(error);
  }
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
