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

export { allInOneParameters, validateParameters } from "./all_in_one_parameters.ts";
export type { Checkpoint } from "./checkpoint.ts";
export {
  type AllInOneConfiguration,
  blockDilation,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
} from "./configuration.ts";
export { download, type DownloadOptions } from "./download.ts";
export {
  DownloadError,
  type DownloadErrorOptions,
  type DownloadProblem,
} from "./download_error.ts";
export {
  LISTED_MODELS,
  type ListedModel,
  modelFiles,
  type ModelPart,
} from "./download_registry.ts";
export {
  type FileVerdict,
  type ModelFile,
  type ModelState,
  modelState,
  verifyFile,
} from "./download_state.ts";
export { HARMONIX_FILES, type HarmonixFiles } from "./harmonix_files.ts";
export type { HtdemucsCheckpoint } from "./htdemucs_checkpoint.ts";
export type { HtdemucsConfiguration } from "./htdemucs_configuration.ts";
export { HTDEMUCS_FILE } from "./htdemucs_file.ts";
export {
  type Environment,
  type LoadOptions,
  MODELS_DIR_VARIABLE,
  modelsFolder,
  type ReadFile,
  readModelFile,
} from "./models_folder.ts";
export { type FileState, type FoundFile, type PinnedFile } from "./pinned_file.ts";
export { ModelError, type ModelProblem } from "./model_error.ts";
export { readNpzCheckpoint } from "./npz_checkpoint.ts";
export { readPthCheckpoint } from "./pth_checkpoint.ts";
export { foldNames, loadModel, MODEL_NAMES } from "./registry.ts";
export { readSafetensorsFold } from "./safetensors_fold.ts";
export { fnv1a32, hash32, seededCheckpoint, type SeededRange, seededTensor } from "./seeded.ts";
export type { ParameterShape } from "./parameters.ts";
