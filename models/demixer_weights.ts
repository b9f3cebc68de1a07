/**
 * Registry of demixers by name, and how their weights are read.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { bytesSha256 } from "../core/hash.ts";
import { reasonOf } from "../core/reason.ts";
import { HTDEMUCS_FILES, type HtdemucsFile } from "./download/published_files.ts";
import type { HtdemucsCheckpoint } from "./htdemucs/parameters.ts";
import { seededHtdemucs } from "./htdemucs/seeded.ts";
import { ModelError } from "./model_error.ts";
import {
  type LoadOptions,
  modelNotFound,
  modelsFolder,
  readIfThere,
  verifyContent,
} from "./models_folder.ts";
import { readSafetensorsCheckpoint } from "./readers/safetensors.ts";

/** Name of the demixer without weights: median filters (harmonic-percussive source separation). */
export const HPSS = "hpss";

/** Name of the demixer with the bass and drums of {@linkcode HPSS}, and the mix itself as other and as vocals. */
export const HPSS_MIX = "hpss-mix";

/** Names of the demixers without weights. */
export const FILTER_NAMES: readonly string[] = [HPSS_MIX, HPSS];

/** Name of the untrained network. */
const SEEDED = "seeded-htdemucs";

/** Names of all demixers. */
const DEMIXER_NAMES: readonly string[] = [
  ...Object.keys(HTDEMUCS_FILES),
  ...FILTER_NAMES,
  SEEDED,
];

/** Endings of files with demixer weights. */
const WEIGHTS_ENDING = /\.(th|safetensors)$/i;

/** Weights of a separation network, parsed on demand. */
export interface NetworkWeights {
  /** SHA-256 of the file, or of all values if there is no file. */
  readonly sha256: string;
  /** The only source that is used of the network, one of a bag; absent where all are used. */
  readonly source?: string;
  /**
   * Parses the weights.
   *
   * @throws {ModelError} if the file is not an HTDemucs
   */
  checkpoint(): HtdemucsCheckpoint;
}

/** Weights of a demixer. */
export interface DemixerWeights {
  /** Registered name, or name of the file. */
  readonly name: string;
  /** SHA-256 of the weights; of a bag that of the SHA-256 of its networks, hexadecimal, one after the other. */
  readonly sha256: string;
  /** The network, or the networks of a bag. */
  readonly networks: readonly NetworkWeights[];
}

/**
 * Checks the name of a demixer.
 *
 * @param name a registered name, or path of a `.th` or `.safetensors` file
 * @throws {ModelError} `unknown-name`
 */
export function checkDemixerName(name: string): void {
  if (DEMIXER_NAMES.includes(name) || WEIGHTS_ENDING.test(name)) return;
  throw new ModelError(
    "unknown-name",
    `Unknown demixer ${JSON.stringify(name)}: expected one of ${DEMIXER_NAMES.join(", ")}, ` +
      "or a file that ends in .th or .safetensors",
  );
}

/**
 * Reads and verifies the weights of a separation network, or of the networks of a bag.
 *
 * A published network is read from demucs' own `.th`, which is verified by the published part of its SHA-256. If the
 * folder has none, the `.safetensors` of demucs 4.1 is read. Its SHA-256 is not published, so it is recorded but not
 * verified.
 *
 * @param name a registered name except {@linkcode FILTER_NAMES}, or path of a `.th` or `.safetensors` file
 * @param options location of the published weights
 * @throws {ModelError} `unknown-name`; `not-found`, naming the command that downloads the weights; `sha256` for a changed file
 */
export async function demixerWeights(
  name: string,
  options: LoadOptions = {},
): Promise<DemixerWeights> {
  checkDemixerName(name);
  if (name === SEEDED) {
    const checkpoint = seededHtdemucs();
    return whole(name, { sha256: checkpoint.sha256, checkpoint: () => checkpoint });
  }
  const published: Readonly<Record<string, readonly HtdemucsFile[]>> = HTDEMUCS_FILES;
  const files = Object.hasOwn(published, name) ? published[name] : undefined;
  if (files === undefined) return await weightsOfFile(name);
  const networks = await Promise.all(files.map((file) => publishedNetwork(name, file, options)));
  const [first] = networks;
  if (networks.length === 1 && first !== undefined) return whole(name, first);
  const joined = networks.map(({ sha256 }) => sha256).join("");
  return { name, sha256: bytesSha256(new TextEncoder().encode(joined)), networks };
}

function whole(name: string, network: NetworkWeights): DemixerWeights {
  return { name, sha256: network.sha256, networks: [network] };
}

async function publishedNetwork(
  name: string,
  { th, safetensors, source }: HtdemucsFile,
  options: LoadOptions,
): Promise<NetworkWeights> {
  const folder = modelsFolder(options);
  const used = source === undefined ? {} : { source };
  const bytes = await readIfThere(folder, th.fileName);
  if (bytes !== undefined) {
    return {
      ...used,
      ...await networkOf(name, th.fileName, bytes, verifyContent(folder, th, bytes)),
    };
  }
  const other = await readIfThere(folder, safetensors);
  if (other !== undefined) return { ...used, ...await networkOf(name, safetensors, other) };
  throw modelNotFound(name, [th.fileName, safetensors], th.url, options);
}

async function weightsOfFile(path: string): Promise<DemixerWeights> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ModelError(
      "not-found",
      `Cannot read the weights file ${path}: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const name = basename(path);
  return whole(name, await networkOf(name, path, bytes));
}

/** Returns the weights in a file, which its ending tells the format of. */
async function networkOf(
  name: string,
  path: string,
  bytes: Uint8Array,
  sha256: string = bytesSha256(bytes),
): Promise<NetworkWeights> {
  // Readers of archives are loaded where they are needed: the program starts without them.
  const { readThCheckpoint } = await import("./readers/torch.ts");
  const checkpoint = /\.th$/i.test(path)
    ? (): HtdemucsCheckpoint => readThCheckpoint(name, bytes, sha256)
    : (): HtdemucsCheckpoint => readSafetensorsCheckpoint(name, bytes, undefined, sha256);
  return { sha256, checkpoint };
}
