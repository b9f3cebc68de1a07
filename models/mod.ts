/**
 * Weights of the networks: registry of models, their folder, and downloads. Readers of archives are loaded on demand.
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

export {
  type AllInOneConfiguration,
  blockDilation,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
} from "./all_in_one/configuration.ts";
export {
  allInOneParameters,
  type Checkpoint,
  validateParameters,
} from "./all_in_one/parameters.ts";
export { seededCheckpoint, type SeededRange, seededTensor } from "./all_in_one/seeded.ts";
export * from "./automatic.ts";
export * from "./demixer_weights.ts";
export { download, type DownloadOptions } from "./download/download.ts";
export * from "./download/listed_models.ts";
export {
  type FileState,
  findPinnedFile,
  type FoundFile,
  isInstalled,
  partialFiles,
  type PinnedFile,
} from "./download/pinned_file.ts";
export * from "./download/published_files.ts";
export {
  DownloadError,
  type DownloadErrorOptions,
  type DownloadProblem,
  fileAddress,
} from "./download/request.ts";
export { UNSURE_LABEL } from "./embedded/embedded.ts";
export type { HtdemucsConfiguration } from "./htdemucs/configuration.ts";
export type { HtdemucsCheckpoint } from "./htdemucs/parameters.ts";
export * from "./model_error.ts";
export * from "./models_folder.ts";
export type { ParameterShape } from "./parameters.ts";
export * from "./registry.ts";
