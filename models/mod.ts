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

export {
  allInOneParameters,
  type ParameterShape,
  validateParameters,
} from "./all_in_one_parameters.ts";
export type { Checkpoint } from "./checkpoint.ts";
export {
  type AllInOneConfiguration,
  blockDilation,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
} from "./configuration.ts";
export { HARMONIX_FILES, type HarmonixFiles, type PinnedFile } from "./harmonix_files.ts";
export { ModelError, type ModelProblem } from "./model_error.ts";
export { readNpzCheckpoint } from "./npz_checkpoint.ts";
export { readPthCheckpoint } from "./pth_checkpoint.ts";
export {
  foldNames,
  loadModel,
  type LoadOptions,
  MODEL_NAMES,
  MODELS_DIR_VARIABLE,
} from "./registry.ts";
export { fnv1a32, hash32, seededCheckpoint, type SeededRange, seededTensor } from "./seeded.ts";
