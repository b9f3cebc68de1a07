/**
 * The models that have a name, and how to load them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Checkpoint } from "./checkpoint.ts";
import { HARMONIX_FILES, type PinnedFile } from "./harmonix_files.ts";
import { ModelError } from "./model_error.ts";
import { readNpzCheckpoint } from "./npz_checkpoint.ts";
import { readPthCheckpoint } from "./pth_checkpoint.ts";
import { seededCheckpoint } from "./seeded.ts";

/** Where weights are looked for. */
export interface LoadOptions {
  /** Folder of weights files; without it, the folder that the environment variable `TACTUS_MODELS_DIR` names. */
  readonly weightsDir?: string;
}

/** The environment variable that names the folder of weights. */
export const MODELS_DIR_VARIABLE = "TACTUS_MODELS_DIR";

const FAMILIES = ["harmonix", "seeded"] as const;
const FOLDS = HARMONIX_FILES.map((_, fold) => fold);

interface Fold {
  readonly family: typeof FAMILIES[number];
  readonly fold: number;
}

const MODELS: ReadonlyMap<string, readonly Fold[]> = new Map(
  FAMILIES.flatMap((family): [string, readonly Fold[]][] => [
    ...FOLDS.map((
      fold,
    ): [string, readonly Fold[]] => [`${family}-fold${fold}`, [{ family, fold }]]),
    [`${family}-all`, FOLDS.map((fold) => ({ family, fold }))],
  ]),
);

/** The names of all models. */
export const MODEL_NAMES: readonly string[] = [...MODELS.keys()];

/**
 * Names the folds of a model.
 *
 * @param name a model's name
 * @returns the names of its folds, whose logits are averaged; for a single fold, its own name
 * @throws {ModelError} `unknown-name`, listing the known ones
 */
export function foldNames(name: string): string[] {
  return foldsOf(name).map(({ family, fold }) => `${family}-fold${fold}`);
}

/**
 * Loads a model.
 *
 * A published fold is read from its `.npz` and `.yaml`, both checked against their SHA-256. Where the folder has no `.npz`
 * of the fold, upstream's own `.pth` is read; nobody publishes a checksum of those, so its SHA-256 is only noted.
 *
 * @param name a model's name, one of {@linkcode MODEL_NAMES}
 * @param options folder of the weights; the seeded models need none
 * @returns its folds, in order
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
    foldsOf(name).map(({ family, fold }) =>
      family === "seeded" ? seededCheckpoint(fold) : loadHarmonix(fold, options)
    ),
  );
  // The first fold that failed is reported, whichever failed first.
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
      `There is no model named ${JSON.stringify(name)}; known are ${MODEL_NAMES.join(", ")}`,
    );
  }
  return folds;
}

async function loadHarmonix(fold: number, options: LoadOptions): Promise<Checkpoint> {
  const name = `harmonix-fold${fold}`;
  const { npz, yaml, pthFileName } = HARMONIX_FILES[fold]!;
  const folder = options.weightsDir ?? process.env[MODELS_DIR_VARIABLE];
  if (folder === undefined || folder === "") {
    throw new ModelError(
      "not-found",
      `The weights of ${name} are not part of this program, and no folder to look for them was given: ` +
        `download ${npz.url} and ${yaml.url}, and name their folder with --weights-dir or ${MODELS_DIR_VARIABLE}`,
    );
  }
  const weights = await readIfThere(join(folder, npz.fileName));
  if (weights === undefined) {
    const checkpoint = await readIfThere(join(folder, pthFileName));
    if (checkpoint !== undefined) return readPthCheckpoint(name, checkpoint);
    throw notFound(name, folder, [npz.fileName, pthFileName], npz.url);
  }
  const configuration = await readIfThere(join(folder, yaml.fileName));
  if (configuration === undefined) throw notFound(name, folder, [yaml.fileName], yaml.url);
  verify(folder, npz, weights);
  verify(folder, yaml, configuration);
  return readNpzCheckpoint(name, weights, new TextDecoder().decode(configuration));
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ModelError("not-found", `Cannot read the weights file ${path}`, { cause });
  }
}

function verify(folder: string, file: PinnedFile, bytes: Uint8Array): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === file.sha256) return;
  throw new ModelError(
    "sha256",
    `${
      join(folder, file.fileName)
    } is not the published file: expected SHA-256 ${file.sha256}, got ${found}; ` +
      `download it again from ${file.url}`,
  );
}

function notFound(
  name: string,
  folder: string,
  fileNames: readonly string[],
  url: string,
): ModelError {
  return new ModelError(
    "not-found",
    `The weights of ${name} are not in ${folder}: looked for ${fileNames.join(" and ")} there; ` +
      `download ${url} into it, or name another folder with --weights-dir or ${MODELS_DIR_VARIABLE}`,
  );
}
