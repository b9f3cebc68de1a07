/**
 * The run of `analyze`: finds the tracks, runs them, and tells what became of them.
 *
 * @module
 */

import { join, parse as parsePath, resolve } from "node:path";
import { undecodedName } from "../core/files.ts";
import { untilStopped } from "../core/interruption.ts";
import { printable } from "../core/printable.ts";
import type { TrackFilesOptions } from "../outputs/mod.ts";
import { providersOf, type Track } from "../pipeline/mod.ts";
import type { AnalyzeCall } from "./_analyze_call.ts";
import { NOTHING_DONE, runBatch } from "./_batch.ts";
import { FAILURES_FILE, readFailures, updateFailures } from "./_failures.ts";
import { expandInputs, type Failure } from "./_inputs.ts";
import { checkNames } from "./_weights.ts";
import { ensureFolder } from "./_writable.ts";

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
  let outcome = NOTHING_DONE;
  if (tracks.length > 0) {
    const controller = new AbortController();
    const stop = (): void => {
      console.error("Stopping; finished tracks are kept. Press Ctrl-C again to end at once");
      controller.abort(new DOMException("Stopped", "AbortError"));
    };
    outcome = await untilStopped(
      stop,
      () => runBatch(call, tracks, failures, controller.signal),
    );
  }
  const code = failures.length === 0 ? 0 : 1;
  if (call.dryRun) return code;
  const { done, skipped, stopped, unsettled } = outcome;
  if (!isBatch) {
    // A list that is there is kept up to date; one track alone makes none.
    if (await readFailures(outDir) !== undefined) {
      const settled = new Set(unsettled.length > 0 ? [] : tracks.map(({ path }) => path));
      await updateFailures(outDir, failures, (path) => !settled.has(path));
    }
    return code;
  }
  const begun = stopped === 0 ? "" : `, ${stopped} stopped`;
  const left = unsettled.length - stopped;
  console.error(
    `${done} done, ${skipped} skipped, ${failures.length} failed${begun}` +
      (left === 0 ? "" : `, ${left} not begun`) +
      (code === 0 ? "" : `; the failures are listed in ${printable(join(outDir, FAILURES_FILE))}`),
  );
  // What an interruption left of an earlier list is still to be done.
  await updateFailures(outDir, failures, (path) => unsettled.includes(path));
  return code;
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

/** Throws {@linkcode UsageError} where the folders of plots or clicks cannot be written. */
async function ensureTrackFolders(files: TrackFilesOptions | undefined): Promise<void> {
  if (files === undefined) return;
  if (files.plots.length > 0 || files.page) await ensureFolder(files.plotDirectory, "--viz-dir");
  if (files.clicks !== undefined) await ensureFolder(files.clicks.directory, "--sonif-dir");
}
