/**
 * Who can separate a mixture, and how the weights of the networks are read.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { HtdemucsCheckpoint } from "./htdemucs/checkpoint.ts";
import { HTDEMUCS_FILE } from "./download/htdemucs_file.ts";
import { ModelError } from "./model_error.ts";
import { type LoadOptions, readModelFile } from "./models_folder.ts";
import { readSafetensorsCheckpoint } from "./readers/safetensors_checkpoint.ts";
import { seededHtdemucs } from "./htdemucs/seeded.ts";
import { readThCheckpoint } from "./readers/th_checkpoint.ts";
import { bytesSha256 } from "../core/hash.ts";

/** The separation that needs no weights: median filters. */
export const HPSS = "hpss";

/** Who has a name. */
export const DEMIXER_NAMES: readonly string[] = ["htdemucs", HPSS, "seeded-htdemucs"];

/** What files of weights are named like. */
const WEIGHTS_ENDING = /\.(th|safetensors)$/i;

/** The weights of a separation network, to be read when they are needed. */
export interface DemixerWeights {
  /** The registered name, or the name of the file. */
  readonly name: string;
  /** SHA-256 of the file, or of all values where there is none. */
  readonly sha256: string;
  /**
   * Reads them.
   *
   * @throws {ModelError} if the file is not an HTDemucs
   */
  checkpoint(): HtdemucsCheckpoint;
}

/**
 * Whether there can be somebody of this name.
 *
 * @param name one of {@linkcode DEMIXER_NAMES}, or path of a `.th` or `.safetensors` file
 * @throws {ModelError} `unknown-name`
 */
export function checkDemixerName(name: string): void {
  if (DEMIXER_NAMES.includes(name) || WEIGHTS_ENDING.test(name)) return;
  throw new ModelError(
    "unknown-name",
    `There is no demixer named ${JSON.stringify(name)}; known are ${DEMIXER_NAMES.join(", ")}, ` +
      "and files that end in .th or .safetensors",
  );
}

/**
 * Finds the weights of a separation network.
 *
 * @param name one of {@linkcode DEMIXER_NAMES} but {@linkcode HPSS}, or path of a `.th` or `.safetensors` file
 * @param options folder of the published weights
 * @throws {ModelError} `unknown-name`; `not-found`, naming the command that fetches the weights; `sha256` for a changed file
 */
export async function demixerWeights(
  name: string,
  options: LoadOptions = {},
): Promise<DemixerWeights> {
  checkDemixerName(name);
  if (name === "seeded-htdemucs") {
    const checkpoint = seededHtdemucs();
    return { name, sha256: checkpoint.sha256, checkpoint: () => checkpoint };
  }
  if (name === "htdemucs") {
    const { bytes, sha256 } = await readModelFile(name, HTDEMUCS_FILE, options);
    return { name, sha256, checkpoint: () => readThCheckpoint(name, bytes, sha256) };
  }
  return await weightsOfFile(name);
}

async function weightsOfFile(path: string): Promise<DemixerWeights> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ModelError(
      "not-found",
      `Cannot read the weights file ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
  const name = basename(path);
  const sha256 = bytesSha256(bytes);
  const checkpoint = /\.th$/i.test(path)
    ? (): HtdemucsCheckpoint => readThCheckpoint(name, bytes, sha256)
    : (): HtdemucsCheckpoint => readSafetensorsCheckpoint(name, bytes, undefined, sha256);
  return { name, sha256, checkpoint };
}
