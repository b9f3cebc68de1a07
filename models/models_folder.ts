/**
 * The folder of weights: where it is, and how files are read from it.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join, posix, win32 } from "node:path";
import process from "node:process";
import { ModelError } from "./model_error.ts";
import { bytesSha256 } from "../core/hash.ts";
import { hasSha256, type PinnedFile, shownSha256 } from "./download/pinned_file.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where weights are looked for. */
export interface LoadOptions {
  /**
   * Folder of weights files. Without it, the folder that the environment variable `TACTUS_MODELS_DIR` names; without that,
   * the one of {@linkcode modelsFolder}.
   */
  readonly weightsDir?: string;
  /** Environment variables; those of the process by default. */
  readonly environment?: Environment;
}

/** The environment variable that names the folder of weights. */
export const MODELS_DIR_VARIABLE = "TACTUS_MODELS_DIR";

/** The environment variable that names the folder of what can be had again. */
export const CACHE_DIR_VARIABLE = "TACTUS_CACHE_DIR";

/**
 * The folder of weights: the one that was given, the one that `TACTUS_MODELS_DIR` names, or `tactus/models` where the
 * platform keeps what can be fetched again: `$XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows
 * `%LOCALAPPDATA%`. It need not exist.
 *
 * @param options what was given; an empty name counts as none
 * @param platform as Node names it
 * @throws {ModelError} `not-found` if the environment does not even tell the user's home
 */
export function modelsFolder(
  options: LoadOptions = {},
  platform: string = process.platform,
): string {
  const environment = options.environment ?? process.env;
  const named = options.weightsDir || environment[MODELS_DIR_VARIABLE];
  if (named) return named;
  const folder = cacheFolder("models", environment, platform);
  if (folder === undefined) {
    const variable = platform === "win32" ? "LOCALAPPDATA" : "HOME";
    throw new ModelError(
      "not-found",
      `There is no folder to look for weights in: ${variable} is not set; name a folder with ` +
        `--weights-dir or ${MODELS_DIR_VARIABLE}`,
    );
  }
  return folder;
}

/**
 * A folder of ours where the platform keeps what can be had again, or in the one that `TACTUS_CACHE_DIR` names.
 *
 * @param part which folder of ours
 * @param environment environment variables
 * @param platform as Node names it
 * @returns its path, or nothing where the environment does not tell; it need not exist
 */
export function cacheFolder(
  part: string,
  environment: Environment = process.env,
  platform: string = process.platform,
): string | undefined {
  const named = environment[CACHE_DIR_VARIABLE];
  if (named) return join(named, part);
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = environment;
  if (platform === "win32") {
    return LOCALAPPDATA ? win32.join(LOCALAPPDATA, "tactus", part) : undefined;
  }
  if (platform === "darwin") {
    return HOME ? posix.join(HOME, "Library", "Caches", "tactus", part) : undefined;
  }
  // The XDG base directory specification has relative paths ignored.
  if (XDG_CACHE_HOME && posix.isAbsolute(XDG_CACHE_HOME)) {
    return posix.join(XDG_CACHE_HOME, "tactus", part);
  }
  return HOME ? posix.join(HOME, ".cache", "tactus", part) : undefined;
}

/**
 * Reads a file of the folder, whatever its content.
 *
 * @param folder folder of weights
 * @param fileName the file's name
 * @returns its content, or nothing where it is missing
 * @throws {ModelError} `not-found` if it is there and cannot be read
 */
export async function readIfThere(
  folder: string,
  fileName: string,
): Promise<Uint8Array | undefined> {
  const path = join(folder, fileName);
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ModelError(
      "unreadable",
      `Cannot read the weights file ${path}: ${(cause as Error).message}; check its permissions`,
      { cause },
    );
  }
}

/**
 * Makes sure that a file's content is the published one.
 *
 * @param folder folder of weights, for the error
 * @param file which file
 * @param bytes its content
 * @returns its SHA-256, hexadecimal
 * @throws {ModelError} `sha256`
 */
export function verifyContent(folder: string, file: PinnedFile, bytes: Uint8Array): string {
  const found = bytesSha256(bytes);
  if (hasSha256(file, found)) return found;
  throw new ModelError(
    "sha256",
    `${join(folder, file.fileName)} is not the published file: ` +
      `expected SHA-256 ${shownSha256(file)}, got ${found}; download it again from ${file.url}`,
  );
}

/** The command that fetches a model into the folder that was asked for. */
export function pullCommand(name: string, options: LoadOptions = {}): string {
  const { weightsDir } = options;
  const folder = weightsDir ? ` --weights-dir ${quoted(weightsDir)}` : "";
  return `deno task models pull ${name}${folder}`;
}

function quoted(argument: string): string {
  return /^[\w./\\:@~-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

/**
 * The error for a model whose files are not there: where they were looked for, and what to do.
 *
 * @param name the model
 * @param fileNames what was looked for
 * @param url where the first of them can be had
 * @param options as the caller was given them
 */
export function modelNotFound(
  name: string,
  fileNames: readonly string[],
  url: string,
  options: LoadOptions,
): ModelError {
  return new ModelError(
    "not-found",
    `The weights of ${name} are not in ${modelsFolder(options)}: looked for ` +
      `${fileNames.join(" and ")} there; get them by ${pullCommand(name, options)} ` +
      `(from ${url}), or name another folder with --weights-dir or ${MODELS_DIR_VARIABLE}`,
  );
}

/** A file of weights that was read and found right. */
export interface ReadFile {
  /** Where it was. */
  readonly path: string;
  /** Its content. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads the one file of a model and checks its SHA-256.
 *
 * @param name the model
 * @param file its file
 * @param options folder of the weights
 * @throws {ModelError} `not-found`, naming the command that fetches it; `sha256`
 *
 * @example
 * ```ts no-assert
 * import { HTDEMUCS_FILE } from "./download/published_files.ts";
 * import { readModelFile } from "./models_folder.ts";
 * const read = () => readModelFile("htdemucs", HTDEMUCS_FILE, { weightsDir: "weights" });
 * ```
 */
export async function readModelFile(
  name: string,
  file: PinnedFile,
  options: LoadOptions = {},
): Promise<ReadFile> {
  const folder = modelsFolder(options);
  const bytes = await readIfThere(folder, file.fileName);
  if (bytes === undefined) throw modelNotFound(name, [file.fileName], file.url, options);
  const sha256 = verifyContent(folder, file, bytes);
  return { path: join(folder, file.fileName), bytes, sha256 };
}
