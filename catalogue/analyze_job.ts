/**
 * The work on one job: copies the audio, analyses it, and puts the record.
 *
 * @module
 */

import { mkdir, readdir, utimes } from "node:fs/promises";
import { basename, extname, join, parse as parsePath } from "node:path";
import { bytesOf, NAME_BYTES } from "../core/files.ts";
import { fileSha256 } from "../core/hash.ts";
import { release } from "../core/tensor.ts";
import { writeResultFiles } from "../outputs/mod.ts";
import type { Progress, Track } from "../pipeline/mod.ts";
import { byproductKey, type Job, recordKey } from "./job.ts";
import type { Loaded } from "./loaded_settings.ts";
import { PermanentError } from "./patience.ts";
import { recordBytes, type TrackRecord, type WorkerRun } from "./record.ts";
import type { Sources } from "./sources.ts";
import { ofRecords, type Store } from "./store.ts";

/** What the work on a job needs. */
export interface JobContext extends Loaded {
  /** Where audio comes from. */
  readonly sources: Sources;
  /** Where the record goes. */
  readonly store: Store;
  /** Empty folder for the audio and the byproducts. */
  readonly folder: string;
  /** Name of the worker, and attempt from 1. */
  readonly run: Pick<WorkerRun, "worker" | "attempt">;
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Called when a stage starts and when a part of it is done. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Analyses the audio of a job and puts its record.
 *
 * @param id id of the job
 * @param job the job
 * @param context analyser, store, folder and signal
 * @returns the record, and whether it is the one that the store keeps: another worker may have been faster
 * @throws {PermanentError} if the audio is missing, or another than that of the job
 * @throws {StoreRefusedError} if the record cannot be written
 * @throws what the analysis or the store throws
 */
export async function analyzeJob(
  id: string,
  job: Job,
  context: JobContext,
): Promise<{ readonly record: TrackRecord; readonly isKept: boolean }> {
  const { settings, analyzer, sources, store, folder, run, signal, onProgress } = context;
  const { limits = {}, ...named } = job;
  const start = performance.now();
  const started = new Date().toISOString();
  const path = await localAudio(job, sources, folder, signal);
  const fetchSeconds = secondsSince(start);
  const track: Track = { path, name: parsePath(path).name };
  const stages: Record<string, number> = {};
  const analyzed = await analyzer.analyzeWithSeams(track, {
    ...{ signal, limits, keepsStems: false },
    ...(onProgress && { onProgress }),
    observer: {
      onTiming: ({ stage, start, end }) => stages[stage] = (stages[stage] ?? 0) + end - start,
    },
  }).catch(async (error) => {
    // Why other audio cannot be analysed does not matter.
    if (!signal.aborted) await ensureSameFile(job, path);
    // The copy is gone when its name is read.
    if (error instanceof Error) error.message = error.message.replaceAll(path, job.source);
    throw error;
  });
  try {
    ensureSameAudio(job, analyzed.result.provenance.mix?.identity?.sha256);
    const result = { ...analyzed.result, path: job.source };
    const files = join(folder, "files");
    await mkdir(files);
    const json = await writeResultFiles({ ...analyzed, result }, {
      ...{ directory: files, activations: settings.byproducts.activations },
      ...{ embeddings: settings.options.embeddings ?? false, formats: settings.byproducts.formats },
    });
    const name = parsePath(json).name;
    const byproducts: Record<string, string> = {};
    for (const file of await readdir(files)) {
      if (file === basename(json)) continue;
      const ending = file.slice(name.length);
      const key = byproductKey(id, ending);
      await ofRecords(store.putNew(key, { path: join(files, file) }, signal));
      byproducts[ending] = store.addressOf(key);
    }
    const record: TrackRecord = {
      ...{ job: id, ...named },
      run: {
        ...{ ...run, started, audio_seconds: analyzed.durationSeconds },
        ...{ seconds: secondsSince(start), fetch_seconds: fetchSeconds, stages },
      },
      ...{ byproducts, result },
    };
    // Last: a record means that all is there.
    const isKept = await ofRecords(store.putNew(recordKey(id), recordBytes(record), signal));
    return { record, isKept };
  } finally {
    release(...Object.values(analyzed.seams));
  }
}

/** Returns the path of the audio: that of the job, or of a copy with the name and the time of the object. */
async function localAudio(
  { source, content }: Job,
  sources: Sources,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const remote = await sources.remote(source);
  if (remote === undefined) return source;
  const name = basename(remote.key);
  const path = join(
    folder,
    bytesOf(name) <= NAME_BYTES ? name : `audio${extname(name).slice(0, 20)}`,
  );
  const etag = /^etag:(.*)$/s.exec(content)?.[1];
  const { modified } = await remote.store.fetch(remote.key, path, {
    ...(etag !== undefined && { etag }),
    signal,
  });
  // The identity of the audio in the result is that of the object.
  await utimes(path, modified, modified);
  return path;
}

/** Throws where a file that is there is not the one that was added. */
async function ensureSameFile(job: Job, path: string): Promise<void> {
  if (expectedSha256(job) === undefined) return;
  const found = await fileSha256(path).catch(() => undefined);
  if (found !== undefined) ensureSameAudio(job, found);
}

/** Throws where the hash of audio is not that of the one that was added. */
function ensureSameAudio(job: Job, found: string | undefined): void {
  const expected = expectedSha256(job);
  if (expected === undefined || expected === found) return;
  throw new PermanentError(`${job.source} has changed since it was added: add it again`);
}

/** Returns the hash of the audio that was added; undefined where its ETag is known instead. */
function expectedSha256({ content }: Job): string | undefined {
  return /^sha256:(.*)$/s.exec(content)?.[1];
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
