/**
 * Weights: what models there are, how their files are read, and the graphs that are built from them.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { loadModel } from "./mod.ts";
 * const folds = await loadModel("seeded-all");
 * ok(folds.length === 8);
 * ```
 *
 * @module
 */

export { allInOneParameters, validateParameters } from "./all_in_one/parameters.ts";
export type { Checkpoint } from "./all_in_one/parameters.ts";
export {
  type AllInOneConfiguration,
  blockDilation,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
} from "./all_in_one/configuration.ts";
export { download, type DownloadOptions } from "./download/download.ts";
export {
  DownloadError,
  type DownloadErrorOptions,
  type DownloadProblem,
} from "./download/request.ts";
export {
  LISTED_MODELS,
  type ListedModel,
  modelFiles,
  type ModelPart,
} from "./download/listed_models.ts";
export {
  type FileVerdict,
  type ModelFile,
  type ModelState,
  modelState,
  verifyFile,
} from "./download/listed_models.ts";
export { HARMONIX_FILES, type HarmonixFiles } from "./download/published_files.ts";
export type { HtdemucsCheckpoint } from "./htdemucs/parameters.ts";
export type { HtdemucsConfiguration } from "./htdemucs/configuration.ts";
export { HTDEMUCS_FILE } from "./download/published_files.ts";
export {
  type Environment,
  type LoadOptions,
  MODELS_DIR_VARIABLE,
  modelsFolder,
  type ReadFile,
  readModelFile,
} from "./models_folder.ts";
export { type FileState, type FoundFile, type PinnedFile } from "./download/pinned_file.ts";
export { ModelError, type ModelProblem } from "./model_error.ts";
export { readNpzCheckpoint } from "./readers/npz.ts";
export { readPthCheckpoint } from "./readers/torch.ts";
export { foldNames, loadModel, MODEL_NAMES } from "./registry.ts";
export { readSafetensorsFold } from "./readers/safetensors.ts";
export { fnv1a32, hash32 } from "../core/counter_random.ts";
export { seededCheckpoint, type SeededRange, seededTensor } from "./all_in_one/seeded.ts";
export type { ParameterShape } from "./parameters.ts";
