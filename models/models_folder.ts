/**
 * Folder of weights: its location, and verified reads of its files.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { ModelError } from "./model_error.ts";
import { cacheFolder, type Environment } from "../core/cache_folder.ts";
import { CALL } from "../core/program.ts";
import { bytesSha256 } from "../core/hash.ts";
import { reasonOf } from "../core/reason.ts";
import { hasSha256, type PinnedFile, shownSha256 } from "./download/pinned_file.ts";

export type { Environment };

/** Location of weights. */
export interface LoadOptions {
  /**
   * Folder of weights files. By default the folder in the environment variable `TACTUS_MODELS_DIR`, otherwise the one of
   * {@linkcode modelsFolder}.
   */
  readonly weightsDir?: string;
  /** Environment variables; those of the process by default. */
  readonly environment?: Environment;
}

/** Environment variable that names the folder of weights. */
export const MODELS_DIR_VARIABLE = "TACTUS_MODELS_DIR";

/**
 * Returns the folder of weights: the given one, the one that `TACTUS_MODELS_DIR` names, or `tactus/models` in the
 * platform's cache folder: `$XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`. It
 * need not exist.
 *
 * @param options given folder and environment; an empty name counts as none
 * @param platform name of the platform, as in Node
 * @throws {ModelError} `not-found` if the environment does not name the user's home folder
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
      `Cannot locate the folder of weights: ${variable} is not set; name a folder with ` +
        `--weights-dir or ${MODELS_DIR_VARIABLE}`,
    );
  }
  return folder;
}

/**
 * Reads a file of the folder without checking its content.
 *
 * @param folder folder of weights
 * @param fileName name of the file
 * @returns content, or undefined if the file is missing
 * @throws {ModelError} `unreadable` if the file exists and cannot be read
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
      `Cannot read the weights file ${path}: ${reasonOf(cause)}; check its permissions`,
      { cause },
    );
  }
}

/**
 * Verifies that a file has the published content.
 *
 * @param folder folder of weights, for the error
 * @param file pinned file
 * @param bytes content of the file
 * @returns SHA-256 of the content, hexadecimal
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

/** Returns the command that downloads a model into the given folder. */
export function pullCommand(name: string, options: LoadOptions = {}): string {
  const { weightsDir } = options;
  const folder = weightsDir ? ` --weights-dir ${quoted(weightsDir)}` : "";
  return `${CALL} models pull ${name}${folder}`;
}

function quoted(argument: string): string {
  return /^[\w./\\:@~-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

/**
 * Returns the error for a model whose files are missing; it names the folder and the command that downloads them.
 *
 * @param name name of the model
 * @param fileNames names of the missing files
 * @param url address of the first file
 * @param options location that was searched
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
      `${fileNames.join(" and ")} there; download them with ${pullCommand(name, options)} ` +
      `(from ${url}), or name another folder with --weights-dir or ${MODELS_DIR_VARIABLE}`,
  );
}
