/**
 * The work of `models remove` and `models cache`: removes weights and built graphs.
 *
 * @module
 */

import { readdir, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { cacheFolder } from "../core/cache_folder.ts";
import { CALL } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  LISTED_MODELS,
  type ListedModel,
  type LoadOptions,
  modelFiles,
  modelsFolder,
  modelState,
  partialFiles,
} from "../models/mod.ts";
import { findModels, shownBytes } from "./_models_run.ts";

/** Folder, and whether files are only named. */
export interface RemoveOptions extends LoadOptions {
  /** Whether the files are only named. */
  readonly dryRun: boolean;
}

/**
 * Removes the files of models, and what interrupted downloads have left of them. A file that several models share is
 * removed with the first.
 *
 * @param names names of the models, at least one
 * @param options folder, and whether the files are only named
 * @param registry the models
 * @returns the exit code: 1 where a file could not be removed
 * @throws {UsageError} if no model is named, or one is unknown
 */
export async function removeModels(
  names: readonly string[],
  options: RemoveOptions,
  registry: readonly ListedModel[] = LISTED_MODELS,
): Promise<number> {
  const models = findModels(names, registry);
  if (models.length === 0) {
    throw new UsageError(
      `Expected the name of a model to remove, such as harmonix-all; ${CALL} models list has them`,
    );
  }
  const folder = resolve(modelsFolder(options));
  const removal = new Removal(options.dryRun);
  for (const model of models) {
    if (model.parts.length === 0) {
      console.log(`${model.name}  built in: there is nothing to remove`);
      continue;
    }
    const { files } = await modelState(folder, model);
    const found = files.filter(({ state }) => state !== "missing").map(({ path }) => path);
    // A file that serves in place of others may lie next to them.
    const others = model.parts.flatMap(({ alternative }) =>
      alternative === undefined ? [] : [join(folder, alternative)]
    );
    const unfinished = modelFiles(model).flatMap((file) => partialFiles(folder, file));
    const removed = await removal.all([...new Set([...found, ...others, ...unfinished])]);
    if (!removed) console.log(`${model.name}  not installed in ${folder}`);
  }
  return removal.finish();
}

/** What `models cache` does. */
export interface CacheOptions {
  /** Whether the files are removed. */
  readonly clear: boolean;
  /** Whether the files are only named. */
  readonly dryRun: boolean;
}

/**
 * Prints the folder of the graphs that were built for ONNX Runtime and their sizes, or removes them. They are built again
 * when they are needed.
 *
 * @param options whether they are removed
 * @returns the exit code: 1 where a file could not be removed
 * @throws {UsageError} if the environment names no folder
 */
export async function cacheOf({ clear, dryRun }: CacheOptions): Promise<number> {
  const folder = cacheFolder("graphs");
  if (folder === undefined) {
    throw new UsageError(
      "Cannot locate the cache: HOME is not set; name a folder with TACTUS_CACHE_DIR",
    );
  }
  const names = await readdir(folder).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw new UsageError(`Cannot read the cache: ${reasonOf(error)}`, { cause: error });
  });
  // Other files in the folder are not of this program.
  const paths = names.filter((name) => /\.onnx$|\.unfinished$/.test(name)).sort()
    .map((name) => join(folder, name));
  if (clear || dryRun) {
    const removal = new Removal(dryRun);
    if (!await removal.all(paths)) console.log(`There are no graphs in ${folder}`);
    return removal.finish();
  }
  let bytes = 0;
  for (const path of paths) {
    const { size } = await stat(path);
    bytes += size;
    console.log(`${basename(path)}  ${shownBytes(size)}`);
  }
  console.log(
    `${paths.length} ${paths.length === 1 ? "graph" : "graphs"}, ${
      shownBytes(bytes)
    }, in ${folder}`,
  );
  return 0;
}

/** Removes files, each once. */
class Removal {
  readonly #dryRun: boolean;
  readonly #seen = new Set<string>();
  #bytes = 0;
  #failures = 0;

  constructor(dryRun: boolean) {
    this.#dryRun = dryRun;
  }

  /** Removes the files that exist; returns whether there were any, now or before. */
  async all(paths: readonly string[]): Promise<boolean> {
    let any = false;
    for (const path of paths) {
      const found = await stat(path).catch(() => undefined);
      any ||= found !== undefined || this.#seen.has(path);
      if (found === undefined || this.#seen.has(path)) continue;
      this.#seen.add(path);
      try {
        if (!this.#dryRun) await rm(path);
        this.#bytes += found.size;
        const what = this.#dryRun ? "would be removed" : "removed";
        console.log(`${basename(path)}  ${what}, ${shownBytes(found.size)}`);
      } catch (error) {
        this.#failures++;
        console.error(`${path} could not be removed: ${reasonOf(error)}`);
      }
    }
    return any;
  }

  /** Prints the sum; returns the exit code. */
  finish(): number {
    if (this.#bytes > 0) {
      console.log(`${shownBytes(this.#bytes)} ${this.#dryRun ? "would be freed" : "freed"}`);
    }
    return this.#failures === 0 ? 0 : 1;
  }
}
