/**
 * A queue in memory, whose analyses lie on the disk: they survive a restart, and those that were interrupted run again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../core/reason.ts";
import { Turns } from "../core/turns.ts";
import { isUnchanged } from "../pipeline/mod.ts";
import type { Analysis, AnalysisProgress, AnalysisRecord, AnalysisState } from "./analysis.ts";
import { AnalysisFolders } from "./analysis_folders.ts";
import { type AnalysisEvent, EventLog } from "./event_log.ts";
import {
  type Added,
  GivenBack,
  type JobQueue,
  type ListOptions,
  type ReceivedAudio,
  type Work,
} from "./job_queue.ts";
import { Problem } from "./problem.ts";

/** Settings of a {@linkcode DiskQueue}. */
export interface DiskQueueOptions {
  /** Folder of the analyses, for this queue alone. */
  readonly folder: string;
  /** Hash of weights, settings and program version. */
  readonly settings: string;
  /** Analyses one audio file. */
  readonly work: Work;
  /** Analyses at the same time. */
  readonly jobs: number;
  /** Most analyses that wait. */
  readonly mostWaiting: number;
  /** Most bytes of all files; the oldest finished analyses make room. */
  readonly mostBytes: number;
  /** Most analyses that are kept. */
  readonly mostKept: number;
}

/** Times that an analysis is begun: one that ends the program must not do so for ever. */
const MOST_ATTEMPTS = 3;

/** Steps in which the progress is told. */
const PROGRESS_STEP = 0.01;

/** Seconds after which a client should ask again. */
const RETRY_SECONDS = 10;

/** An analysis in memory. */
interface Entry {
  record: AnalysisRecord;
  progress: AnalysisProgress | null;
  /** Bytes of its files. */
  bytes: number;
  readonly log: EventLog;
  /** Aborts it; absent where it does not run. */
  controller?: AbortController;
  /** Settles when it does not run any more. */
  running?: Promise<void>;
  isRemoved: boolean;
}

/** The queue. */
export class DiskQueue implements JobQueue {
  readonly #options: DiskQueueOptions;
  readonly #folders: AnalysisFolders;
  readonly #entries = new Map<string, Entry>();
  #waiting: Entry[] = [];
  readonly #running = new Set<Entry>();
  /** Additions, removals and files that are made, one after the other. */
  readonly #turns = new Turns();
  /** Files that are being made from results, by their paths. */
  readonly #making = new Map<string, Promise<string>>();
  #isClosing = false;
  #number = 0;

  private constructor(options: DiskQueueOptions, folders: AnalysisFolders) {
    this.#options = options;
    this.#folders = folders;
  }

  /**
   * Opens the folder, and goes on with the analyses that wait in it.
   *
   * @throws {UsageError} if another service uses the folder
   */
  static async open(options: DiskQueueOptions): Promise<DiskQueue> {
    const folders = await AnalysisFolders.open(options.folder);
    const queue = new DiskQueue(options, folders);
    try {
      await queue.#load();
    } catch (error) {
      await folders.close();
      throw error;
    }
    queue.#pump();
    return queue;
  }

  async ensureRoom(bytes: number): Promise<void> {
    await this.#turns.run(() => this.#ensureRoom(bytes));
  }

  async #ensureRoom(bytes: number): Promise<void> {
    if (this.#isClosing) throw new Problem("busy", "The service ends", retry());
    if (this.#waiting.length >= this.#options.mostWaiting) {
      throw new Problem("queue-full", `${this.#waiting.length} analyses are waiting`, retry());
    }
    await this.#makeRoom(bytes);
  }

  incoming(): Promise<string> {
    return this.#folders.incoming();
  }

  async add(audio: ReceivedAudio): Promise<Added> {
    try {
      return await this.#turns.run(() => this.#add(audio));
    } finally {
      if ("folder" in audio.source) await this.#folders.discard(audio.source.folder);
    }
  }

  get(id: string): Promise<Analysis | undefined> {
    const entry = this.#entries.get(id);
    return Promise.resolve(entry && this.#analysis(entry));
  }

  list({ limit, before = Infinity, state }: ListOptions): Promise<Analysis[]> {
    const found = [...this.#entries.values()]
      .filter(({ record }) => record.number < before)
      .filter(({ record }) => state === undefined || record.state === state)
      .sort((one, other) => other.record.number - one.record.number);
    return Promise.resolve(found.slice(0, limit).map((entry) => this.#analysis(entry)));
  }

  counts(): Promise<Record<AnalysisState, number>> {
    const counts = { queued: 0, running: 0, done: 0, failed: 0 };
    for (const { record } of this.#entries.values()) counts[record.state]++;
    return Promise.resolve(counts);
  }

  events(
    id: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<AnalysisEvent> | "ended" | undefined {
    const log = this.#entries.get(id)?.log;
    return log?.isAtEnd(after) ? "ended" : log?.after(after, signal);
  }

  async result(id: string): Promise<string | undefined> {
    if (this.#entries.get(id)?.record.state !== "done") return undefined;
    return await this.#folders.readResult(id);
  }

  async audio(id: string): Promise<string | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const { bytes, sha256, audio } = entry.record;
    const path = this.#audioPath(entry.record);
    // A file that stays where it is may be another one by now, of equal size too.
    const isThere = "path" in audio
      ? await isUnchanged(path, { bytes, sha256, modified: audio.modified ?? "" })
      : await stat(path).then((found) => found.isFile(), () => false);
    return isThere ? path : undefined;
  }

  async derived(
    id: string,
    name: string,
    make: () => Promise<string | Uint8Array>,
  ): Promise<string> {
    const path = join(this.#folders.folderOf(id), name);
    if (await stat(path).then(() => true, () => false)) return path;
    const making = this.#making.get(path) ?? this.#derive(id, path, make);
    this.#making.set(path, making);
    try {
      return await making;
    } finally {
      this.#making.delete(path);
    }
  }

  async #derive(
    id: string,
    path: string,
    make: () => Promise<string | Uint8Array>,
  ): Promise<string> {
    const content = await make();
    return await this.#turns.run(async () => {
      const entry = this.#entries.get(id);
      if (entry === undefined) throw new Problem("not-found", `The analysis ${id} was removed`);
      entry.bytes += await this.#folders.write(path, content);
      return path;
    });
  }

  async remove(id: string): Promise<boolean> {
    return await this.#turns.run(async () => {
      const entry = this.#entries.get(id);
      if (entry === undefined) return false;
      await this.#remove(entry);
      return true;
    });
  }

  async close(graceSeconds: number): Promise<void> {
    this.#isClosing = true;
    const all = Promise.all([...this.#running].map(({ running }) => running));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise((resolve) => timer = setTimeout(resolve, 1000 * graceSeconds));
    await Promise.race([all, grace]);
    clearTimeout(timer);
    for (const { controller } of this.#running) controller?.abort(new GivenBack());
    await all;
    await this.#turns.run(async () => {});
    for (const { log } of this.#entries.values()) log.end();
    await this.#folders.close();
  }

  async #add({ name, bytes, sha256, source }: ReceivedAudio): Promise<Added> {
    const { settings } = this.#options;
    const id = idOf(sha256, settings);
    const existing = this.#entries.get(id);
    if (existing !== undefined && existing.record.state !== "failed") {
      const isGone = existing.record.state === "done" && await this.audio(id) === undefined;
      if (!isGone || await this.#replaceAudio(existing, bytes, source)) {
        return { analysis: this.#analysis(existing), isNew: false };
      }
    }
    const isUpload = "folder" in source;
    await this.#ensureRoom(isUpload ? bytes : 0);
    if (existing?.isRemoved === false) await this.#remove(existing);
    const record: AnalysisRecord = {
      ...{ id, number: ++this.#number, state: "queued", name, bytes, sha256, settings },
      audio: audioOf(source),
      ...{ submitted: now(), started: null, finished: null, attempts: 0 },
      ...{ seconds: null, warnings: [], error: null },
    };
    await this.#folders.adopt(isUpload ? source.folder : await this.incoming(), record);
    const entry = this.#enter(record, isUpload ? bytes : 0);
    this.#waiting.push(entry);
    this.#pump();
    return { analysis: this.#analysis(entry), isNew: true };
  }

  /**
   * Takes equal audio for that of an analysis whose file was moved or changed since; returns false where the analysis had to go
   * to make room.
   */
  async #replaceAudio(
    entry: Entry,
    bytes: number,
    source: ReceivedAudio["source"],
  ): Promise<boolean> {
    const { id } = entry.record;
    const isUpload = "folder" in source;
    if (isUpload) {
      await this.#makeRoom(bytes);
      if (entry.isRemoved) return false;
      await rename(join(source.folder, source.file), join(this.#folders.folderOf(id), source.file));
      entry.bytes += bytes;
    }
    const audio = audioOf(source);
    await this.#folders.writeRecord({ ...entry.record, audio });
    entry.record = { ...entry.record, audio };
    return true;
  }

  #enter(record: AnalysisRecord, bytes: number): Entry {
    const entry = { record, progress: null, bytes, log: new EventLog(), isRemoved: false };
    this.#entries.set(record.id, entry);
    this.#tell(entry);
    return entry;
  }

  /** Reads the analyses of earlier runs. */
  async #load(): Promise<void> {
    const found = await this.#folders.load();
    for (const { record, bytes } of found.sort((a, b) => a.record.number - b.record.number)) {
      this.#number = Math.max(this.#number, record.number);
      const entry = this.#enter(record, bytes);
      if (record.state === "failed") continue;
      if (record.state === "done" && await this.#folders.hasResult(record.id)) continue;
      if (record.attempts >= MOST_ATTEMPTS && record.state === "running") {
        await this.#fail(entry, `The program ended ${record.attempts} times during the analysis`);
      } else if (record.settings !== this.#options.settings) {
        await this.#fail(entry, "The service was started again with other settings");
      } else {
        await this.#save(entry, { state: "queued", started: null, finished: null });
        this.#waiting.push(entry);
      }
    }
  }

  /** Begins waiting analyses as long as there is a place. */
  #pump(): void {
    while (!this.#isClosing && this.#running.size < this.#options.jobs) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      this.#running.add(entry);
      entry.controller = new AbortController();
      entry.running = this.#run(entry, entry.controller.signal).finally(() => {
        this.#running.delete(entry);
        delete entry.controller;
        this.#pump();
      });
    }
  }

  async #run(entry: Entry, signal: AbortSignal): Promise<void> {
    const { id, name, sha256, bytes } = entry.record;
    try {
      await this.#save(entry, {
        ...{ state: "running", started: now(), attempts: entry.record.attempts + 1 },
      });
      signal.throwIfAborted();
      const path = this.#audioPath(entry.record);
      const outcome = await this.#options.work({ path, name, sha256, bytes }, {
        signal,
        onProgress: (progress) => this.#tellProgress(entry, progress),
      });
      if (entry.isRemoved) return;
      entry.bytes += await this.#folders.writeResult(id, outcome.result);
      const { seconds, warnings } = outcome;
      await this.#save(entry, { state: "done", finished: now(), seconds, warnings });
    } catch (error) {
      if (entry.isRemoved) return;
      if (signal.aborted && this.#isClosing) {
        const attempts = entry.record.attempts - 1;
        await this.#save(entry, { state: "queued", started: null, attempts }).catch(logged);
      } else {
        // Clients do not learn where the service keeps its files.
        await this.#fail(entry, reasonOf(error).replaceAll(`${this.#folders.folderOf(id)}/`, ""));
      }
    } finally {
      entry.progress = null;
    }
  }

  async #fail(entry: Entry, error: string): Promise<void> {
    const change = { state: "failed", finished: now(), error } as const;
    await this.#save(entry, change).catch((failure) => {
      // The disk may be full. At the next start it runs again.
      logged(failure);
      this.#change(entry, change);
    });
  }

  /** Changes a record, on the disk first. */
  async #save(entry: Entry, change: Partial<AnalysisRecord>): Promise<void> {
    if (!entry.isRemoved) await this.#folders.writeRecord({ ...entry.record, ...change });
    this.#change(entry, change);
  }

  #change(entry: Entry, change: Partial<AnalysisRecord>): void {
    entry.record = { ...entry.record, ...change };
    if (change.state !== "running") entry.progress = null;
    this.#tell(entry);
  }

  #tell(entry: Entry): void {
    const { state, error } = entry.record;
    const { position } = this.#analysis(entry);
    entry.log.add("state", {
      state,
      ...(position !== null && { position }),
      ...(error !== null && { error }),
    });
    if (state === "done" || state === "failed") entry.log.end();
    else entry.log.reopen();
  }

  #tellProgress(entry: Entry, { stage, fraction }: AnalysisProgress): void {
    const earlier = entry.progress;
    const isSame = earlier?.stage === stage && fraction - earlier.fraction < PROGRESS_STEP;
    if (isSame || entry.isRemoved) return;
    entry.progress = { stage, fraction };
    entry.log.add("progress", entry.progress);
  }

  async #remove(entry: Entry): Promise<void> {
    const { id } = entry.record;
    entry.isRemoved = true;
    this.#entries.delete(id);
    this.#waiting = this.#waiting.filter((one) => one !== entry);
    entry.controller?.abort(new Error("The analysis was deleted"));
    await entry.running;
    await this.#folders.remove(id);
    entry.log.add("removed", {});
    entry.log.end();
  }

  /** Removes the oldest finished analyses until there is room. */
  async #makeRoom(bytes: number): Promise<void> {
    const { mostBytes, mostKept } = this.#options;
    const entries = [...this.#entries.values()];
    const finished = entries
      .filter(({ record: { state } }) => state === "done" || state === "failed")
      .sort((one, other) => one.record.number - other.record.number);
    const sizeOf = (some: readonly Entry[]): number =>
      some.reduce((sum, one) => sum + one.bytes, 0);
    let left = sizeOf(entries) + bytes;
    let count = entries.length + 1;
    // Nothing is removed where that does not suffice.
    if (left - sizeOf(finished) > mostBytes || count - finished.length > mostKept) {
      throw new Problem(
        "storage-full",
        `${entries.length - finished.length} analyses are not finished, and ${
          (mostBytes / 1e9).toFixed(1)
        } GB and ${mostKept} analyses are the limits`,
        retry(),
      );
    }
    for (const oldest of finished) {
      if (left <= mostBytes && count <= mostKept) return;
      left -= oldest.bytes;
      count--;
      await this.#remove(oldest);
    }
  }

  #analysis(entry: Entry): Analysis {
    const at = this.#waiting.indexOf(entry);
    return { ...entry.record, position: at < 0 ? null : at, progress: entry.progress };
  }

  #audioPath({ id, audio }: AnalysisRecord): string {
    return "path" in audio ? audio.path : join(this.#folders.folderOf(id), audio.file);
  }
}

/** Returns the id of an analysis: equal audio with equal settings has one. */
export function idOf(sha256: string, settings: string): string {
  return createHash("sha256").update(`${sha256} ${settings}`).digest("hex").slice(0, 32);
}

function audioOf(source: ReceivedAudio["source"]): AnalysisRecord["audio"] {
  if ("folder" in source) return { file: source.file };
  return { path: source.path, modified: source.modified };
}

function now(): string {
  return new Date().toISOString();
}

function retry(): Record<string, string> {
  return { "Retry-After": String(RETRY_SECONDS) };
}

function logged(error: unknown): void {
  console.error(`The state of an analysis could not be written: ${reasonOf(error)}`);
}
