/**
 * Results that `analyze`, or allin1, wrote before.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AnnotationError } from "./annotation.ts";
import { isFields } from "./checked_values.ts";
import { readJson } from "./read_annotation.ts";
import type { EvaluationTrack } from "./tracks.ts";

/** A folder of results. */
export class StoredResults {
  /** The folder. */
  readonly directory: string;
  readonly #names: ReadonlySet<string>;
  #byPath: Promise<ReadonlyMap<string, string>> | undefined;

  private constructor(directory: string, names: readonly string[]) {
    this.directory = directory;
    this.#names = new Set(names.filter((name) => name.endsWith(".json")));
  }

  /**
   * Looks which files there are.
   *
   * @throws {AnnotationError} if the folder cannot be read
   */
  static async open(directory: string): Promise<StoredResults> {
    try {
      return new StoredResults(directory, await readdir(directory));
    } catch (cause) {
      throw new AnnotationError(
        `Cannot read the results folder ${directory}: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /**
   * The file with the result of a track: `NAME.json`, or else the one that names the track's mix or folder as its path.
   *
   * @throws {AnnotationError} if there is none
   */
  async fileOf({ name, mixes, stemsDirectory = "" }: EvaluationTrack): Promise<string> {
    if (this.#names.has(`${name}.json`)) return join(this.directory, `${name}.json`);
    this.#byPath ??= this.#readPaths();
    const byPath = await this.#byPath;
    for (const path of [...mixes, stemsDirectory]) {
      const file = byPath.get(resolve(path));
      if (path !== "" && file !== undefined) return file;
    }
    throw new AnnotationError(`There is no ${name}.json in ${this.directory}`);
  }

  async #readPaths(): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const name of this.#names) {
      const file = join(this.directory, name);
      const value = await readJson(file).catch(() => undefined);
      if (isFields(value) && typeof value["path"] === "string") files.set(value["path"], file);
    }
    return files;
  }
}
