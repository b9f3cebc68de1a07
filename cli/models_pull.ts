/**
 * `models pull`: getting weights.
 *
 * @module
 */

import process from "node:process";
import { download } from "../models/download/download.ts";
import { DownloadError, fileAddress } from "../models/download/request.ts";
import { type ListedModel, modelFiles } from "../models/download/listed_models.ts";
import { findPinnedFile, isInstalled, type PinnedFile } from "../models/download/pinned_file.ts";
import { shownBytes } from "./models_table.ts";
import { StatusLine } from "./status_line.ts";
import { UsageError } from "../core/usage_error.ts";

/** The environment variable that names a mirror. */
export const BASE_URL_VARIABLE = "TACTUS_MODELS_BASE_URL";

const DEFAULT_TIMEOUT_SECONDS = 30;

/** How to pull. */
export interface PullOptions {
  /** Where the files go. */
  readonly folder: string;
  /** Whether the network is not to be touched. */
  readonly offline: boolean;
  /** What follows `--base-url`. */
  readonly baseUrl: string | undefined;
  /** What follows `--timeout`. */
  readonly timeout: string | undefined;
}

/**
 * Downloads what is missing or damaged of some models, one file after the other. A file that fails does not stop the others,
 * unless they would fail for the same reason.
 *
 * @param models which
 * @param options where to and where from
 * @returns the exit code: 0, or 1 when a file could not be had
 * @throws {UsageError | DownloadError} if the call is wrong or the folder cannot be written to
 */
export async function pullModels(
  models: readonly ListedModel[],
  options: PullOptions,
): Promise<number> {
  if (models.length === 0) {
    throw new UsageError(
      "Expected the name of a model to pull, such as harmonix-all; deno task models list has them",
    );
  }
  const baseUrl = options.baseUrl || process.env[BASE_URL_VARIABLE];
  const timeoutSeconds = timeoutOf(options.timeout);
  const files = [...new Set(models.flatMap(modelFiles))];
  for (const file of files) checkAddress(file, baseUrl);
  for (const model of models) {
    if (model.parts.length === 0) {
      console.log(`${model.name}  built in: there is nothing to download`);
    }
  }
  if (options.offline) return await reportMissing(files, options.folder);
  return await new Pull(options.folder, timeoutSeconds, baseUrl).all(files);
}

function timeoutOf(text: string | undefined): number {
  const seconds = text === undefined ? DEFAULT_TIMEOUT_SECONDS : Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError(`--timeout expects seconds, more than 0, at most 86400, but got ${text}`);
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

/** One call: its files share the folder and the line of progress. */
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
      onNote: (note) => {
        this.#status.clear();
        console.error(note);
      },
    });
    this.#status.clear();
    const { bytes } = await findPinnedFile(this.#folder, file);
    const how = outcome === "installed" ? "already installed" : "downloaded";
    console.log(`${fileName}  ${how}, ${shownBytes(bytes ?? 0)}, SHA-256 right`);
  }
}

function progress(bytes: number, total: number | undefined): string {
  if (total === undefined) return shownBytes(bytes);
  const percent = Math.floor(100 * bytes / Math.max(1, total));
  return `${shownBytes(bytes)} of ${shownBytes(total)} (${percent} %)`;
}
