/**
 * Registry of models and demixers by name, and how their weights are loaded.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { bytesSha256 } from "../core/hash.ts";
import type { Checkpoint } from "./all_in_one/parameters.ts";
import { seededCheckpoint } from "./all_in_one/seeded.ts";
import { HARMONIX_FILES, HTDEMUCS_FILE } from "./download/published_files.ts";
import { EMBEDDED, embeddedCheckpoint } from "./embedded/embedded.ts";
import type { HtdemucsCheckpoint } from "./htdemucs/parameters.ts";
import { seededHtdemucs } from "./htdemucs/seeded.ts";
import { ModelError } from "./model_error.ts";
import {
  type LoadOptions,
  modelNotFound,
  modelsFolder,
  readIfThere,
  readModelFile,
  verifyContent,
} from "./models_folder.ts";
import { readSafetensorsCheckpoint } from "./readers/safetensors.ts";

/** A network of a model, and how its weights are loaded. */
interface Fold {
  readonly name: string;
  /** @param model name of the requested model, for errors */
  load(model: string, options: LoadOptions): Checkpoint | Promise<Checkpoint>;
}

const EMBEDDED_FOLD: Fold = { name: EMBEDDED, load: embeddedCheckpoint };

const HARMONIX_FOLDS = HARMONIX_FILES.map((_, fold): Fold => ({
  name: `harmonix-fold${fold}`,
  load: (model, options) => loadHarmonix(model, fold, options),
}));

const SEEDED_FOLDS = HARMONIX_FILES.map((_, fold): Fold => ({
  name: `seeded-fold${fold}`,
  load: () => seededCheckpoint(fold),
}));

const MODELS: ReadonlyMap<string, readonly Fold[]> = new Map<string, readonly Fold[]>([
  ...[EMBEDDED_FOLD, ...HARMONIX_FOLDS, ...SEEDED_FOLDS].map((fold) =>
    [fold.name, [fold]] as const
  ),
  ["harmonix-all", HARMONIX_FOLDS],
  ["seeded-all", SEEDED_FOLDS],
]);

/** Names of all models. */
export const MODEL_NAMES: readonly string[] = [...MODELS.keys()];

/**
 * Returns the names of the folds of a model.
 *
 * @param name name of the model
 * @returns names of the folds whose logits are averaged; for a single fold, its own name
 * @throws {ModelError} `unknown-name`, listing the known ones
 */
export function foldNames(name: string): string[] {
  return foldsOf(name).map((fold) => fold.name);
}

/**
 * Loads a model.
 *
 * A published fold is read from its `.npz` and `.yaml`, both verified by SHA-256. If the folder has no `.npz` of the fold,
 * upstream's own `.pth` is read. Its SHA-256 is not published, so it is recorded but not verified.
 *
 * @param name name of the model, one of {@linkcode MODEL_NAMES}
 * @param options location of the published weights
 * @returns folds of the model, in order
 * @throws {ModelError} `unknown-name`; `not-found` for a missing folder or file; `sha256` for a changed file
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { loadModel } from "./registry.ts";
 * const [fold] = await loadModel("seeded-fold0");
 * ok(fold?.tensors.size === 491);
 * ```
 */
export async function loadModel(name: string, options: LoadOptions = {}): Promise<Checkpoint[]> {
  const loading = await Promise.allSettled(
    foldsOf(name).map(async (fold) => await fold.load(name, options)),
  );
  // The error of the first fold in order is reported, so that the message does not depend on timing.
  return loading.map((fold) => {
    if (fold.status === "rejected") throw fold.reason;
    return fold.value;
  });
}

function foldsOf(name: string): readonly Fold[] {
  const folds = MODELS.get(name);
  if (folds === undefined) {
    throw new ModelError(
      "unknown-name",
      `Unknown model ${JSON.stringify(name)}: expected one of ${MODEL_NAMES.join(", ")}`,
    );
  }
  return folds;
}

async function loadHarmonix(
  model: string,
  fold: number,
  options: LoadOptions,
): Promise<Checkpoint> {
  const name = `harmonix-fold${fold}`;
  const { npz, yaml, pthFileName } = HARMONIX_FILES[fold]!;
  const folder = modelsFolder(options);
  const weights = await readIfThere(folder, npz.fileName);
  if (weights === undefined) {
    const checkpoint = await readIfThere(folder, pthFileName);
    if (checkpoint !== undefined) {
      const { readPthCheckpoint } = await import("./readers/torch.ts");
      return readPthCheckpoint(name, checkpoint);
    }
    throw modelNotFound(model, [npz.fileName, pthFileName], npz.url, options);
  }
  const configuration = await readIfThere(folder, yaml.fileName);
  if (configuration === undefined) {
    throw modelNotFound(model, [yaml.fileName], yaml.url, options);
  }
  verifyContent(folder, npz, weights);
  verifyContent(folder, yaml, configuration);
  // Readers of archives are loaded where they are needed: the program starts without them.
  const { readNpzCheckpoint } = await import("./readers/npz.ts");
  return readNpzCheckpoint(name, weights, new TextDecoder().decode(configuration));
}

/** Name of the demixer without weights: median filters (harmonic-percussive source separation). */
export const HPSS = "hpss";

/** Name of the demixer with the bass and drums of {@linkcode HPSS}, and the mix itself as other and as vocals. */
export const HPSS_MIX = "hpss-mix";

/** Names of the demixers without weights. */
export const FILTER_NAMES: readonly string[] = [HPSS_MIX, HPSS];

/** Names of all demixers. */
const DEMIXER_NAMES: readonly string[] = ["htdemucs", ...FILTER_NAMES, "seeded-htdemucs"];

/** Endings of files with demixer weights. */
const WEIGHTS_ENDING = /\.(th|safetensors)$/i;

/** Weights of a separation network, parsed on demand. */
export interface DemixerWeights {
  /** Registered name, or name of the file. */
  readonly name: string;
  /** SHA-256 of the file, or of all values if there is no file. */
  readonly sha256: string;
  /**
   * Parses the weights.
   *
   * @throws {ModelError} if the file is not an HTDemucs
   */
  checkpoint(): HtdemucsCheckpoint;
}

/**
 * Checks the name of a demixer.
 *
 * @param name one of {@linkcode DEMIXER_NAMES}, or path of a `.th` or `.safetensors` file
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
 * Reads and verifies the weights of a separation network.
 *
 * @param name one of {@linkcode DEMIXER_NAMES} except {@linkcode FILTER_NAMES}, or path of a `.th` or `.safetensors` file
 * @param options location of the published weights
 * @throws {ModelError} `unknown-name`; `not-found`, naming the command that downloads the weights; `sha256` for a changed file
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
    const { readThCheckpoint } = await import("./readers/torch.ts");
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
  const { readThCheckpoint } = await import("./readers/torch.ts");
  const checkpoint = /\.th$/i.test(path)
    ? (): HtdemucsCheckpoint => readThCheckpoint(name, bytes, sha256)
    : (): HtdemucsCheckpoint => readSafetensorsCheckpoint(name, bytes, undefined, sha256);
  return { name, sha256, checkpoint };
}
