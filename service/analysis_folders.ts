/**
 * Folders of analyses on the disk. Each appears and disappears as a whole, and its files are renamed into place.
 *
 *     lock                      held by the service
 *     incoming/RANDOM/          uploads that are not complete, and what is being removed; emptied at the start
 *     damaged/ID.RANDOM/        analyses whose records cannot be read
 *     analyses/ID/analysis.json the record
 *     analyses/ID/audio.mp3     the upload
 *     analyses/ID/result.json   the result, as analyze writes it
 *
 * @module
 */

import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type HeldLock, tryLockFile } from "../core/file_lock.ts";
import { writeJson, writeWhole } from "../core/files.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import { type AnalysisRecord, recordSchema } from "./analysis.ts";

const RECORD = "analysis.json";
const RESULT = "result.json";

/** A record that was read, and the bytes of the files next to it. */
export interface StoredAnalysis {
  readonly record: AnalysisRecord;
  readonly bytes: number;
}

/** The folders of a service. */
export class AnalysisFolders {
  readonly #root: string;
  readonly #lock: HeldLock;

  private constructor(root: string, lock: HeldLock) {
    this.#root = root;
    this.#lock = lock;
  }

  /**
   * Opens the folder of a service, which is made where it is missing, and removes what an earlier run left incomplete.
   *
   * @throws {UsageError} if another service uses it, or it cannot be written
   */
  static async open(root: string): Promise<AnalysisFolders> {
    const unwritable = (cause: unknown): never => {
      throw new UsageError(
        `Cannot write the folder ${root} (${reasonOf(cause)}): name another with --data-dir`,
        { cause },
      );
    };
    await mkdir(join(root, "analyses"), { recursive: true, mode: 0o700 }).catch(unwritable);
    const lock = await tryLockFile(join(root, "lock")).catch(unwritable);
    if (lock === null) {
      throw new UsageError(`Another service uses the folder ${root}: name another with --data-dir`);
    }
    await rm(join(root, "incoming"), { recursive: true, force: true });
    await mkdir(join(root, "incoming"), { mode: 0o700 });
    return new AnalysisFolders(root, lock);
  }

  /** Makes an empty folder for an upload. */
  async incoming(): Promise<string> {
    const folder = this.#temporary();
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** Removes a folder of {@linkcode AnalysisFolders.incoming}, if it is still there. */
  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  /** Makes the folder of {@linkcode AnalysisFolders.incoming} that of an analysis. */
  async adopt(folder: string, record: AnalysisRecord): Promise<void> {
    await writeJson(join(folder, RECORD), record);
    await rename(folder, this.folderOf(record.id));
  }

  /** Returns the folder of an analysis. */
  folderOf(id: string): string {
    return join(this.#root, "analyses", id);
  }

  /** Reads all analyses; those that are damaged, or of another version, are set aside. */
  async load(): Promise<StoredAnalysis[]> {
    const found: StoredAnalysis[] = [];
    for (const id of await readdir(join(this.#root, "analyses"))) {
      const folder = this.folderOf(id);
      const text = await readFile(join(folder, RECORD), "utf8").catch(() => "null");
      const record = recordSchema.safeParse(parsed(text)).data;
      if (record === undefined || record.id !== id) {
        const aside = join(this.#root, "damaged", `${id}.${crypto.randomUUID()}`);
        await mkdir(join(this.#root, "damaged"), { recursive: true, mode: 0o700 });
        await rename(folder, aside);
        console.error(`${folder} has no valid ${RECORD}, and is now ${aside}`);
        continue;
      }
      const sizes = (await readdir(folder)).map(async (name) =>
        (await stat(join(folder, name))).size
      );
      const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      found.push({ record, bytes });
    }
    return found;
  }

  /** Writes the record of an analysis. */
  async writeRecord(record: AnalysisRecord): Promise<void> {
    await writeJson(join(this.folderOf(record.id), RECORD), record);
  }

  /** Writes the result of an analysis; returns its bytes. */
  async writeResult(id: string, json: string): Promise<number> {
    return await this.write(join(this.folderOf(id), RESULT), json);
  }

  /** Reads the result of an analysis; undefined where there is none. */
  async readResult(id: string): Promise<string | undefined> {
    return await readFile(join(this.folderOf(id), RESULT), "utf8").catch(() => undefined);
  }

  /** Returns whether there is a whole result. */
  async hasResult(id: string): Promise<boolean> {
    return parsed(await this.readResult(id) ?? "null") !== null;
  }

  /** Writes a file; returns its bytes. */
  async write(path: string, content: string | Uint8Array): Promise<number> {
    await writeWhole(path, content);
    return (await stat(path)).size;
  }

  /** Removes an analysis. */
  async remove(id: string): Promise<void> {
    const temporary = this.#temporary();
    await rename(this.folderOf(id), temporary);
    await this.discard(temporary);
  }

  /** Releases the lock. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  #temporary(): string {
    return join(this.#root, "incoming", crypto.randomUUID());
  }
}

/** Returns the value of a JSON text, null where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
