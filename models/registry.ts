/**
 * Registry of models by name, and how their weights are loaded. `demixer_weights.ts` is that of demixers.
 *
 * @module
 */

import type { Checkpoint } from "./all_in_one/parameters.ts";
import { seededCheckpoint } from "./all_in_one/seeded.ts";
import { HARMONIX_FILES } from "./download/published_files.ts";
import { EMBEDDED, embeddedCheckpoint } from "./embedded/embedded.ts";
import { ModelError } from "./model_error.ts";
import {
  type LoadOptions,
  modelNotFound,
  modelsFolder,
  readIfThere,
  verifyContent,
} from "./models_folder.ts";

/** A network of a model, and how its weights are loaded. */
interface Fold {
  readonly name: string;
  /** @param model name of the requested model, for errors */
  load(model: string, options: LoadOptions): Checkpoint | Promise<Checkpoint>;
}

const EMBEDDED_FOLD: Fold = { name: EMBEDDED, load: () => embeddedCheckpoint() };

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
