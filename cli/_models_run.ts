/**
 * The work of `models`: lists, downloads and verifies weights.
 *
 * @module
 */

import process from "node:process";
import { basename, resolve } from "node:path";
import { textTable } from "../core/table.ts";
import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  download,
  DownloadError,
  fileAddress,
  findPinnedFile,
  isInstalled,
  LISTED_MODELS,
  type ListedModel,
  type LoadOptions,
  modelFiles,
  modelsFolder,
  type ModelState,
  modelState,
  type PinnedFile,
  pullCommand,
  verifyFile,
} from "../models/mod.ts";
import { BASE_URL_VARIABLE } from "./_options.ts";
import type { ModelsList } from "./models_list_schema.ts";
import { StatusLine } from "./status_line.ts";

/** Models that are listed, verified and downloaded. */
export type Registry = readonly ListedModel[];

/**
 * Returns the named models.
 *
 * @throws {UsageError} if a name is unknown
 */
export function findModels(names: readonly string[], registry: Registry): readonly ListedModel[] {
  return names.map((name) => {
    const model = registry.find((one) => one.name === name);
    if (model !== undefined) return model;
    throw new UsageError(
      `Unknown model ${JSON.stringify(name)}: expected one of ` +
        registry.map((one) => one.name).join(", "),
    );
  });
}

/** Prints the models of a registry, or the named ones. */
export async function listModels(
  names: readonly string[],
  { json, ...options }: LoadOptions & { readonly json: boolean },
  registry: Registry = LISTED_MODELS,
): Promise<number> {
  const models = names.length > 0 ? findModels(names, registry) : registry;
  const folder = resolve(modelsFolder(options));
  const states = await Promise.all(models.map((model) => modelState(folder, model)));
  console.log(json ? modelsJson(folder, states) : modelsTable(folder, states));
  return 0;
}

/** Compares the files of the named models, or of all that are installed, with the published ones. */
export async function verifyModels(
  names: readonly string[],
  options: LoadOptions,
  registry: Registry = LISTED_MODELS,
): Promise<number> {
  const named = findModels(names, registry);
  const folder = resolve(modelsFolder(options));
  const checked = new Set<string>();
  let failures = 0;
  for (const model of named.length > 0 ? named : registry) {
    const { files, state } = await modelState(folder, model);
    // Without names, models of several parts are covered by their parts.
    if (named.length === 0 && (model.parts.length > 1 || isAbsent(files))) continue;
    if (state === "built in") console.log(`${model.name}  built in: there is no file to check`);
    let isCorrect = true;
    for (const file of files) {
      if (checked.has(file.path)) continue;
      checked.add(file.path);
      const verdict = await verifyFile(file);
      console.log(`${basename(file.path)}  ${verdict.text}`);
      isCorrect &&= verdict.isCorrect !== false;
    }
    if (isCorrect) continue;
    failures++;
    console.error(
      `${model.name} is not as published: get it by ${pullCommand(model.name, options)}`,
    );
  }
  if (named.length === 0 && checked.size === 0) console.log(`There are no weights in ${folder}`);
  return failures === 0 ? 0 : 1;
}

function isAbsent(files: readonly { readonly state: string }[]): boolean {
  return files.every(({ state }) => state === "missing");
}

/** Prints the folder of weights, or the paths of the files of the named models. */
export async function printPaths(
  names: readonly string[],
  options: LoadOptions,
  registry: Registry = LISTED_MODELS,
): Promise<number> {
  const models = findModels(names, registry);
  const folder = resolve(modelsFolder(options));
  if (models.length === 0) console.log(folder);
  for (const model of models) {
    const { files, state } = await modelState(folder, model);
    for (const file of files) console.log(file.path);
    if (state !== "installed") console.error(`${model.name} is ${state}`);
    if (modelFiles(model).length === 0) console.error("It needs no file");
  }
  return 0;
}

/** Folder, address and limits of a download. */
export interface PullOptions extends LoadOptions {
  /** Whether the missing files are only named. */
  readonly offline: boolean;
  /** Address of a mirror. */
  readonly baseUrl?: string;
  /** Longest time in seconds without data from the server. */
  readonly timeout: number;
}

/**
 * Downloads the missing or damaged files of models, one after the other. A file that fails does not stop the others,
 * unless they would fail for the same reason.
 *
 * @throws {UsageError | DownloadError} if no model is named, the address is wrong, or the folder cannot be written to
 */
export async function pullModels(
  names: readonly string[],
  values: PullOptions,
  registry: Registry = LISTED_MODELS,
): Promise<number> {
  const models = findModels(names, registry);
  if (models.length === 0) {
    throw new UsageError(
      `Expected the name of a model to pull, such as harmonix-all; ${CALL} models list has them`,
    );
  }
  const baseUrl = values.baseUrl || process.env[BASE_URL_VARIABLE];
  const folder = resolve(modelsFolder(values));
  const files = [...new Set(models.flatMap(modelFiles))];
  for (const file of files) checkAddress(file, baseUrl);
  for (const model of models) {
    if (model.parts.length === 0) {
      console.log(`${model.name}  built in: there is nothing to download`);
    }
  }
  if (values.offline) return await reportMissing(files, folder);
  return await new Pull(folder, values.timeout, baseUrl).all(files);
}

function checkAddress(file: PinnedFile, baseUrl: string | undefined): void {
  try {
    fileAddress(file, baseUrl);
  } catch (cause) {
    throw new UsageError(`Cannot download from there: ${(cause as Error).message}`, { cause });
  }
}

async function reportMissing(files: readonly PinnedFile[], folder: string): Promise<number> {
  const missing: string[] = [];
  for (const file of files) {
    if (await isInstalled(folder, file)) console.log(`${file.fileName}  already installed`);
    else missing.push(file.fileName);
  }
  if (missing.length === 0) return 0;
  console.error(
    `Missing or damaged in ${folder}, and not downloaded because of --offline: ${
      missing.join(", ")
    }`,
  );
  return 1;
}

/** The downloads of one call, which share the folder and the status line. */
class Pull {
  readonly #folder: string;
  readonly #timeoutSeconds: number;
  readonly #baseUrl: string | undefined;
  readonly #status = new StatusLine();

  constructor(folder: string, timeoutSeconds: number, baseUrl: string | undefined) {
    this.#folder = folder;
    this.#timeoutSeconds = timeoutSeconds;
    this.#baseUrl = baseUrl;
  }

  /** Downloads files and returns the exit code. */
  async all(files: readonly PinnedFile[]): Promise<number> {
    let failures = 0;
    for (const [i, file] of files.entries()) {
      try {
        await this.#one(file);
      } catch (error) {
        this.#status.clear();
        if (!(error instanceof DownloadError) || error.problem === "folder") throw error;
        failures++;
        console.error(`${file.fileName}: ${error.message}`);
        const left = files.length - i - 1;
        if (error.problem === "unreachable" && left > 0) {
          console.error(`Not tried: ${left} more files`);
          break;
        }
      }
    }
    if (failures === 0 && files.length > 0) console.log(`All in ${this.#folder}`);
    return failures === 0 ? 0 : 1;
  }

  async #one(file: PinnedFile): Promise<void> {
    const { fileName } = file;
    this.#status.show(fileName);
    const outcome = await download(file, {
      folder: this.#folder,
      timeoutSeconds: this.#timeoutSeconds,
      ...(this.#baseUrl && { baseUrl: this.#baseUrl }),
      onProgress: (bytes, total) => this.#status.show(`${fileName}: ${progress(bytes, total)}`),
      onNote: (note) => this.#status.print(note),
    });
    this.#status.clear();
    const { bytes } = await findPinnedFile(this.#folder, file);
    const how = outcome === "installed" ? "already installed" : "downloaded";
    console.log(`${fileName}  ${how}, ${shownBytes(bytes ?? 0)}, SHA-256 correct`);
  }
}

function progress(bytes: number, total: number | undefined): string {
  if (total === undefined) return shownBytes(bytes);
  const percent = Math.floor(100 * bytes / Math.max(1, total));
  return `${shownBytes(bytes)} of ${shownBytes(total)} (${percent} %)`;
}

/** Returns the models as a table. */
function modelsTable(folder: string, states: readonly ModelState[]): string {
  const header = ["name", "what", "size", "state", "where"];
  return textTable([header, ...states.map((state) => row(folder, state))]).join("\n");
}

function row(folder: string, { model, state, files }: ModelState): readonly string[] {
  const missing = files.filter((file) => file.state === "missing").length;
  const some = state === "missing" && missing < files.length
    ? ` (${missing} of ${files.length} files)`
    : "";
  const [first] = files;
  const isSomewhere = first !== undefined && missing < files.length;
  const where = isSomewhere ? (model.parts.length > 1 ? folder : first.path) : "";
  return [model.name, model.description, modelSize(files), `${state}${some}`, where];
}

function modelSize(files: ModelState["files"]): string {
  if (files.length === 0) return "";
  const sum = (bytes: (file: ModelState["files"][number]) => number): number =>
    files.reduce((total, file) => total + bytes(file), 0);
  const own = (file: ModelState["files"][number]): number =>
    file.state === "installed" ? file.bytes ?? 0 : 0;
  const least = shownBytes(sum((file) => own(file) || (file.pinned?.minBytes ?? 0)));
  const most = shownBytes(sum((file) => own(file) || (file.pinned?.maxBytes ?? 0)));
  return least === most ? least : `${least} to ${most}`;
}

/** Formats a number of bytes in powers of 1000. */
export function shownBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Returns the models as JSON: each file with its path, address, SHA-256, state and size. */
function modelsJson(folder: string, states: readonly ModelState[]): string {
  const models = states.map(({ model, state, files }): ModelsList["models"][number] => ({
    name: model.name,
    what: model.description,
    state,
    files: files.map(({ path, pinned, state, bytes }) => ({
      path,
      url: pinned?.url ?? null,
      sha256: pinned?.sha256 ?? null,
      minBytes: pinned?.minBytes ?? null,
      maxBytes: pinned?.maxBytes ?? null,
      state,
      bytes: bytes ?? null,
    })),
  }));
  const list: ModelsList = { folder, models };
  return JSON.stringify(list, null, 2);
}
